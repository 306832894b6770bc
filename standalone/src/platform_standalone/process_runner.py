"""Keeps one component running."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path

from platform_standalone.backoff import Backoff
from platform_standalone.errors import PlatformError
from platform_standalone.log_files import logged_cause
from platform_standalone.nginx.error_log import FilteredOutput
from platform_standalone.processes import ProcessIdentity, kill_session, tied_to_parent
from platform_standalone.steps import Component

POLL_SECONDS = 0.03

log = logging.getLogger(__name__)


class ComponentState(StrEnum):
    """The state of a component."""

    WAITING = "waiting"  # for its dependencies
    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"  # after an exit, during the backoff
    DETACHED = "detached"  # run by make dev
    STOPPED = "stopped"


class ProcessRunner:
    """Starts one component, restarts it when it exits, and stops it."""

    def __init__(
        self,
        component: Component,
        log: Path,
        started: Callable[[str, ProcessIdentity], None],
        backoff: Backoff | None = None,
    ) -> None:
        self.component = component
        self.log = log
        self.state = ComponentState.WAITING
        self.restarts = 0
        self.last_exit = ""
        self._started = started
        self._backoff = backoff or Backoff()
        self._process: asyncio.subprocess.Process | None = None
        self._identity: ProcessIdentity | None = None
        self._watch: asyncio.Task[None] | None = None
        self._errors: FilteredOutput | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The process id, or None when it does not run."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start the component, wait until it is ready, and keep it running.

        Raises PlatformError if it exits first or is not ready in time, after stopping it.
        """
        self.state = ComponentState.STARTING
        try:
            await self._spawn()
            ready = await self._ready()
            failure = "" if ready else await self._failure()
        except BaseException:
            await self.stop()
            raise
        if failure:
            await self.stop()
            raise PlatformError(failure)
        self.state = ComponentState.RUNNING
        self._watch = asyncio.create_task(self._keep(), name=f"keep {self.component.name}")

    async def stop(self, state: ComponentState = ComponentState.STOPPED) -> None:
        """Stop the component, gracefully if possible."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        await self._end()
        self._process = None
        self.state = state

    async def detach(self) -> None:
        """Stop the component: `make dev` runs it until `attach`."""
        await self.stop(ComponentState.DETACHED)

    def attach(self) -> None:
        """Start the component again after `detach`, with retries."""
        if self.state is ComponentState.DETACHED:
            self.state = ComponentState.RESTARTING
            self._watch = asyncio.create_task(self._keep(), name=f"keep {self.component.name}")

    async def _keep(self) -> None:
        """Restart the component whenever it exits."""
        clock = asyncio.get_running_loop().time
        fresh = self._process is None
        while True:
            lived = 0.0
            if self.state is ComponentState.RUNNING and self._process is not None:
                ready_since = clock()
                await self._process.wait()
                lived = clock() - ready_since
            await self._end()
            if not fresh:
                self.state = ComponentState.RESTARTING
                self.last_exit = _exit_words(self._process.returncode) if self._process else "not started"
                delay = self._backoff.delay(lived)
                log.warning("%s ended (%s); starting it again in %g s", self.component.name, self.last_exit, delay)
                await asyncio.sleep(delay)
                self.restarts += 1
            fresh = False
            self.state = ComponentState.STARTING
            try:
                await self._spawn()
            except OSError as error:
                log.warning("%s cannot be started: %s", self.component.name, error)
                continue
            if await self._ready():
                self.state = ComponentState.RUNNING
                log.info("%s is ready again", self.component.name)

    async def _spawn(self) -> None:
        command = tied_to_parent(self.component.command, self.component.stop_signal)
        with self.log.open("ab") as output, self._error_output() as errors:
            self._log_start = output.tell()
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output if errors is None else errors.fileno(),
                cwd=self.component.cwd,
                env=dict(self.component.environment),
                # A session of its own: it gets no Ctrl-C of ours, and its workers are found after its death.
                start_new_session=True,
            )
        self._identity = ProcessIdentity.from_pid(self._process.pid)
        if self._identity is not None:
            self._started(self.component.name, self._identity)

    def _error_output(self) -> AbstractContextManager[socket.socket | None]:
        """The process's standard error, where that does not go to the log as it is."""
        if self.component.error_filter is None:
            return nullcontext()
        self._errors = FilteredOutput(self.component.error_filter, self.log)
        return self._errors.writer

    async def _ready(self) -> bool:
        """Wait until the component is ready; return False if it exits or times out."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self.component.start_seconds
        while self.pid is not None and clock() < deadline:
            if await self.component.probe() and self.pid is not None:
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False

    async def _end(self) -> None:
        """Stop the component's process: signal, wait, kill; its workers too."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            try:
                process.send_signal(self.component.stop_signal)
                async with asyncio.timeout(self.component.stop_seconds):
                    await process.wait()
            except ProcessLookupError:
                pass
            except TimeoutError:
                process.kill()
            await process.wait()
        if self._identity is not None:
            kill_session(self._identity)
        await self._errors_written()

    async def _errors_written(self) -> None:
        """Wait until the log has the last messages of a process that has ended."""
        if self._errors is not None:
            await asyncio.to_thread(self._errors.join)

    async def _failure(self) -> str:
        returncode = self._process.returncode if self._process is not None else None
        if returncode is not None:
            await self._errors_written()
        return self._failure_text(returncode)

    def _failure_text(self, returncode: int | None) -> str:
        what = (
            f"was not ready within {self.component.start_seconds:g} s"
            if returncode is None
            else f"ended before it was ready ({_exit_words(returncode)})"
        )
        said = logged_cause(self.log, self._log_start)
        return f"{self.component.name} {what}{': ' + said if said else ''} · see {os.path.relpath(self.log)}"


def _exit_words(returncode: int | None) -> str:
    if returncode is None:
        return "running"
    return f"signal {-returncode}" if returncode < 0 else f"exit code {returncode}"
