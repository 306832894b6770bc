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
from platform_standalone.ports import Ports, check_free
from platform_standalone.process_table import RECORD, ProcessTable
from platform_standalone.processes import ProcessIdentity
from platform_standalone.settings import PlatformSettings
from platform_standalone.state import StateFolder
from platform_standalone.steps import Step
from platform_standalone.supervisor import Supervisor
from platform_standalone.topology import plan

LOCK = "supervisor.lock"

log = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another supervisor has this state folder."""


@contextmanager
def sole_supervisor(state: StateFolder) -> Iterator[ProcessTable]:
    """Be the only supervisor of `state`, and kill orphans of a previous one. Raises AlreadyRunning."""
    # Python's descriptors are not inherited, so exactly this process holds the lock.
    with (state.run / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        record = ProcessTable(state.run / RECORD)
        record.kill_orphans()
        record.remove()
        me = ProcessIdentity.from_pid(os.getpid())
        if me is not None:
            record.set(ProcessTable.SUPERVISOR, me)
        try:
            yield record
        finally:
            # Everything has stopped already, unless a bug ended the supervisor.
            record.kill_orphans()
            record.remove()


class Reporter:
    """Reports the progress of the start to `up`: one JSON document per line, on a pipe that `up` can close."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: TextIO | None = stream

    def send(self, **message: Any) -> None:
        """Send one message; a closed pipe is ignored."""
        if self._stream is None:
            return
        try:
            self._stream.write(json.dumps(message) + "\n")
            self._stream.flush()
        except OSError:
            self._stream = None

    def close(self) -> None:
        """Close the pipe."""
        if self._stream is not None:
            self._stream = None
            # Keep the descriptor in use, so that no other file becomes standard output.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


class Daemon:
    """One start, run and stop of the platform."""

    def __init__(
        self, settings: PlatformSettings, steps: Sequence[Step], record: ProcessTable, reporter: Reporter
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
                self._reporter.send(event="ready")
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
        """Start everything; return False if a stop is requested meanwhile."""
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
        self._reporter.send(event="step", name=name, what=what, seconds=round(seconds, 2))

    def _say_stopped(self, name: str, what: str, seconds: float) -> None:
        self._stop_progress.put_nowait({"event": "step", "name": name, "what": what, "seconds": round(seconds, 2)})

    async def _handle(self, request: Message) -> AsyncIterator[Message]:
        match request.get("command"):
            case "status":
                yield await self._status()
            case "stop":
                self._stopping.set()
                while message := await self._stop_progress.get():
                    yield message
            case "take-over":
                async for message in self._take_over(str(request.get("component"))):
                    yield message
            case "follow-joined":
                yield await self._follow_joined(str(request.get("closing", "")))
            case unknown:
                yield {"event": "error", "message": f"Unknown command: {unknown}."}

    async def _status(self) -> Message:
        return {
            "running": True,
            "phase": self._phase,
            "url": self._settings.edge_url,
            "mailbox": self._settings.mailbox_url,
            "state": str(self._settings.state.root),
            "supervisor": os.getpid(),
            "components": await self._supervisor.report(),
        }

    async def _follow_joined(self, closing: str) -> Message:
        if self._phase != "ready":
            return {"event": "error", "message": f"The platform is {self._phase}; try again in a moment."}
        try:
            await asyncio.to_thread(follow, self._settings, self._supervisor.pid("edge"), closing)
        except (PlatformError, RouteTableError, OSError) as refusal:
            return {"event": "error", "message": str(refusal)}
        return {"event": "followed"}

    async def _take_over(self, name: str) -> AsyncIterator[Message]:
        if self._phase != "ready":
            yield {"event": "error", "message": f"The platform is {self._phase}; try again in a moment."}
            return
        try:
            component = await self._supervisor.detach(name)
        except PlatformError as refusal:
            yield {"event": "error", "message": str(refusal)}
            return
        try:
            yield {
                "event": "detached",
                "command": list(component.command),
                "environment": dict(component.environment),
                "cwd": str(component.cwd),
                "sources": [str(source) for source in component.sources],
            }
            # Cancelled when the client disconnects.
            await self._stopping.wait()
        finally:
            if not self._stopping.is_set():
                self._supervisor.attach(name)


def main(
    checkout: Path,
    state: StateFolder,
    ports: Ports,
    edge_host: str,
    caller: Mapping[str, str],
    planner: Callable[[PlatformSettings], Sequence[Step]] = plan,
) -> int:
    """Run the supervisor. Errors of the start are reported on standard output, with exit code 1."""
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
        reporter.send(event="already")
    except PlatformError as refusal:
        log.warning("%s", refusal)
        reporter.send(event="error", message=str(refusal))
        return 1
    return 0


async def _run(settings: PlatformSettings, steps: Sequence[Step], record: ProcessTable, reporter: Reporter) -> None:
    await Daemon(settings, steps, record, reporter).run()
