"""A server process in the foreground of its own session, its output in a file."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from platform_standalone.local_servers.wheels import ServerFailed


class ServerProcess:
    """One running server. Its `pid` is for tests that kill or pause it."""

    def __init__(self, command: Sequence[str], log: Path, cwd: Path | None = None) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True, cwd=cwd
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def wait_ready(self, ready: Callable[[], bool], seconds: float = 20) -> None:
        """Poll `ready` until it says yes. Raises ServerFailed when the process ends or time runs out."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None:
                raise ServerFailed(f"It ended with exit code {self._process.returncode}: {self._tail()}")
            if time.monotonic() > deadline:
                self.stop()
                raise ServerFailed(f"It was not ready within {seconds:g} s: {self._tail()}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
        """End the process by `how`, and by SIGKILL when that is not enough within `seconds`."""
        if self._process.poll() is not None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(seconds)

    def kill(self) -> None:
        """End the process and its children at once, as a crash would."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def _tail(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-5:]) or "(it wrote nothing)"
