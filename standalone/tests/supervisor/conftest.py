"""Small processes in the place of the platform's components, and the supervisor's own process around them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from platform_standalone.client import status
from platform_standalone.ports import Ports, free_ports
from platform_standalone.process_table import RECORD, ProcessTable
from platform_standalone.processes import ProcessIdentity
from platform_standalone.state import StateFolder
from platform_standalone.steps import Component

FAKE_PLATFORM = Path(__file__).parent / "fake_platform.py"
WAIT_SECONDS = 40


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object], str], None]:
    """Poll a condition until it holds."""

    def wait(condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"not within {WAIT_SECONDS} s: {what}"
            time.sleep(0.02)

    return wait


@pytest.fixture
def until() -> Callable[[Callable[[], object], str], Awaitable[None]]:
    """`wait_until` for those who share the event loop with what they wait for."""

    async def wait(condition: Callable[[], object], what: str) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + WAIT_SECONDS
        while not condition():
            assert clock() < deadline, f"not within {WAIT_SECONDS} s: {what}"
            await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    """A state folder, made."""
    folder = StateFolder(tmp_path / "state of mine")
    folder.create()
    return folder


@pytest.fixture
def shell_component(tmp_path: Path) -> Callable[..., Component]:
    """Make a component that runs a script in a shell; it is ready once the script has made the file `<name>.ready`."""

    def make(script: str, name: str = "component", **more: Any) -> Component:
        async def probe() -> bool:
            return (tmp_path / f"{name}.ready").exists()

        command = ["sh", "-c", script]
        environment = {"PATH": os.environ["PATH"]}
        return Component(name, command, probe, "127.0.0.1:1", environment=environment, cwd=tmp_path, **more)

    return make


@dataclass
class FakePlatform:
    """A supervisor in a process of its own, with components that response HTTP and nothing else."""

    state: StateFolder
    ports: Ports
    process: subprocess.Popen[str]
    messages: list[dict[str, Any]]

    def status(self) -> dict[str, Any]:
        """What `platform status --json` shows."""
        return status(self.state)

    def component(self, name: str) -> dict[str, Any]:
        """One component of it."""
        return next(component for component in self.status()["components"] if component["name"] == name)

    def processes(self) -> dict[str, ProcessIdentity]:
        """The recorded processes, the supervisor's included."""
        return ProcessTable(self.state.run / RECORD).load()


StartFake = Callable[..., FakePlatform]


@pytest.fixture
def start_fake(state: StateFolder) -> Iterator[StartFake]:
    """Start a fake platform and read its messages until the start has come to an end."""
    started: list[subprocess.Popen[str]] = []

    def start(
        *, ports: Ports | None = None, break_component: str = "", within: StateFolder | None = None
    ) -> FakePlatform:
        folder, chosen = within or state, ports or free_ports()
        process = subprocess.Popen(
            [sys.executable, str(FAKE_PLATFORM), str(folder.root), json.dumps(asdict(chosen)), break_component],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout is not None
        messages = []
        for line in process.stdout:
            messages.append(json.loads(line))
            if messages[-1]["event"] != "step":
                break
        return FakePlatform(folder, chosen, process, messages)

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=WAIT_SECONDS)
