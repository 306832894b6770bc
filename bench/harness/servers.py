"""Start servers under test on a core, wait until they listen, and stop them."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cores import on_core


class ServerDidNotStart(RuntimeError):
    """A server under test ended or does not listen; the message contains its output."""


@dataclass
class Server:
    """One running server under test."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def start(
    name: str, command: Sequence[str], port: int, core: int, environment: Mapping[str, str], log: Path, cwd: Path
) -> Server:
    """Start `command` on `core` and wait until it listens on `port`. Raises ServerDidNotStart."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            on_core(core, *command),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
            cwd=cwd,
        )
    deadline = time.monotonic() + 60
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise ServerDidNotStart(f"{name} did not start: {log.read_text(errors='replace').strip()[-2000:]}")
        time.sleep(0.05)
    return Server(name, port, process)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
