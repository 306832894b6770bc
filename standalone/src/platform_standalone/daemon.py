"""The supervisor's process: in the background, one for each state folder."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from platform_routes.table import RouteTableError
from platform_standalone.control import Message, serve_control
from platform_standalone.credentials import load_credentials
from platform_standalone.errors import PlatformError
from platform_standalone.joining.follow import follow
from platform_standalone.log_files import keep_bounded
from platform_standalone.parts import Step
from platform_standalone.ports import Ports, check_free
from platform_standalone.processes import ProcessIdentity
from platform_standalone.record import RECORD, ProcessRecord
from platform_standalone.settings import PlatformSettings
from platform_standalone.state import StateFolder
from platform_standalone.supervisor import Supervisor
from platform_standalone.topology import plan

LOCK = "supervisor.lock"

log = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another supervisor has this state folder."""


@contextmanager
def sole_supervisor(state: StateFolder) -> Iterator[ProcessRecord]:
    """Be the one supervisor of `state`, and clear up after one that was killed. Raises AlreadyRunning."""
    # Python's descriptors are not inherited, so the lock ends with this process and with nothing else.
    with (state.run / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        record = ProcessRecord(state.run / RECORD)
        record.end_leftovers()
        record.remove()
        me = ProcessIdentity.of(os.getpid())
        if me is not None:
            record.set(ProcessRecord.SUPERVISOR, me)
        try:
            yield record
        finally:
            # Nothing is left by now; if a fault of ours ended us, this holds all the same.
            record.end_leftovers()
            record.remove()


class Reporter:
    """Tells whoever called `up` how the start goes: one JSON document a line, on a pipe that it may leave."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: TextIO | None = stream

    def tell(self, **message: Any) -> None:
        """Send one message; nobody listening is no fault."""
        if self._stream is None:
            return
        try:
            self._stream.write(json.dumps(message) + "\n")
            self._stream.flush()
        except OSError:
            self._stream = None

    def close(self) -> None:
        """Let the caller go."""
        if self._stream is not None:
            self._stream = None
            # The descriptor stays taken, so that nothing else gets it as its standard output.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


class Daemon:
    """One start, run and stop of the platform."""

    def __init__(
        self, settings: PlatformSettings, steps: Sequence[Step], record: ProcessRecord, reporter: Reporter
    ) -> None:
        self._settings = settings
        self._reporter = reporter
        self._supervisor = Supervisor(steps, settings.state, record)
        self._phase = "starting"
        self._stopping = asyncio.Event()
        self._stop_progress: asyncio.Queue[Message | None] = asyncio.Queue()

    async def run(self) -> None:
        """Run until SIGTERM, SIGINT or the request to stop. Raises PlatformError when the start fails."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stopping.set)
        close_control = await serve_control(self._settings.state.run, self._handle)
        logs = asyncio.create_task(keep_bounded(self._settings.state.logs))
        try:
            if await self._start():
                self._phase = "ready"
                self._reporter.tell(event="ready")
                self._reporter.close()
                await self._stopping.wait()
            self._phase = "stopping"
            await self._supervisor.stop(self._say_stopped)
        finally:
            logs.cancel()
            self._stopping.set()
            self._stop_progress.put_nowait(None)
            await close_control()

    async def _start(self) -> bool:
        """Start everything; False when told to stop meanwhile."""
        starting = asyncio.create_task(self._supervisor.start(self._say_started))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return False
        starting.result()
        return True

    def _say_started(self, name: str, what: str, seconds: float) -> None:
        self._reporter.tell(event="step", name=name, what=what, seconds=round(seconds, 2))

    def _say_stopped(self, name: str, what: str, seconds: float) -> None:
        self._stop_progress.put_nowait({"event": "step", "name": name, "what": what, "seconds": round(seconds, 2)})

    async def _handle(self, request: Message) -> AsyncIterator[Message]:
        match request.get("do"):
            case "status":
                yield await self._status()
            case "stop":
                self._stopping.set()
                while message := await self._stop_progress.get():
                    yield message
            case "hold":
                async for message in self._hold(str(request.get("part"))):
                    yield message
            case "follow-joined":
                yield await self._follow_joined(str(request.get("closing", "")))
            case unknown:
                yield {"event": "refused", "why": f"The supervisor does not know how to {unknown}."}

    async def _status(self) -> Message:
        return {
            "running": True,
            "phase": self._phase,
            "url": self._settings.edge_url,
            "state": str(self._settings.state.root),
            "supervisor": os.getpid(),
            "parts": await self._supervisor.report(),
        }

    async def _follow_joined(self, closing: str) -> Message:
        if self._phase != "ready":
            return {"event": "refused", "why": f"The platform is {self._phase}; try again in a moment."}
        try:
            await asyncio.to_thread(follow, self._settings, self._supervisor.pid("edge"), closing)
        except (PlatformError, RouteTableError, OSError) as refusal:
            return {"event": "refused", "why": str(refusal)}
        return {"event": "followed"}

    async def _hold(self, name: str) -> AsyncIterator[Message]:
        if self._phase != "ready":
            yield {"event": "refused", "why": f"The platform is {self._phase}; try again in a moment."}
            return
        try:
            part = await self._supervisor.hold(name)
        except PlatformError as refusal:
            yield {"event": "refused", "why": str(refusal)}
            return
        try:
            yield {
                "event": "held",
                "command": list(part.command),
                "environment": dict(part.environment),
                "cwd": str(part.cwd),
                "sources": [str(source) for source in part.sources],
            }
            # Until the client goes away, which cancels this; however it goes.
            await self._stopping.wait()
        finally:
            if not self._stopping.is_set():
                self._supervisor.release(name)


def main(
    checkout: Path,
    state: StateFolder,
    ports: Ports,
    edge_host: str,
    caller: Mapping[str, str],
    planner: Callable[[PlatformSettings], Sequence[Step]] = plan,
) -> int:
    """Be the supervisor. What goes wrong in the start is told on standard output, and is the exit code 1."""
    reporter = Reporter(sys.stdout)
    os.umask(0o077)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    try:
        with sole_supervisor(state) as record:
            check_free(ports, edge_host)
            settings = PlatformSettings(checkout, state, ports, edge_host, load_credentials(state.credentials), caller)
            asyncio.run(_run(settings, planner(settings), record, reporter))
    except AlreadyRunning:
        reporter.tell(event="already")
    except PlatformError as refusal:
        log.warning("%s", refusal)
        reporter.tell(event="refused", why=str(refusal))
        return 1
    return 0


async def _run(settings: PlatformSettings, steps: Sequence[Step], record: ProcessRecord, reporter: Reporter) -> None:
    await Daemon(settings, steps, record, reporter).run()
