"""One component: started, started again, stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from platform_standalone.backoff import Backoff
from platform_standalone.errors import PlatformError
from platform_standalone.process_runner import ComponentState, ProcessRunner
from platform_standalone.processes import ProcessIdentity
from platform_standalone.steps import Component

RUN = "touch component.ready; exec sleep 600"


@asynccontextmanager
async def kept(component: Component, folder: Path, backoff: Backoff | None = None) -> AsyncIterator[ProcessRunner]:
    """A runner with short delays, whose component is stopped at the end."""
    runner = ProcessRunner(
        component, folder / "component.log", lambda *_: None, backoff or Backoff(first=0.01, longest=0.05)
    )
    try:
        yield runner
    finally:
        await runner.stop()


async def test_a_component_runs_once_it_is_ready(tmp_path: Path, shell_component):
    async with kept(shell_component(RUN), tmp_path) as runner:
        await runner.start()

        assert runner.state is ComponentState.RUNNING
        assert runner.pid is not None
    assert runner.state is ComponentState.STOPPED
    assert runner.pid is None


async def test_a_component_that_was_killed_is_started_again_and_counted(tmp_path: Path, shell_component, until):
    async with kept(shell_component(RUN), tmp_path) as runner:
        await runner.start()
        first = runner.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: runner.pid not in {None, first} and runner.state is ComponentState.RUNNING, "it is back")

        assert runner.restarts == 1
        assert runner.last_exit == "signal 9"


async def test_a_component_that_keeps_dying_is_tried_again_and_again(tmp_path: Path, shell_component, until):
    script = "touch component.ready; read dead <dead && exit 7; exec sleep 600"
    async with kept(shell_component(script), tmp_path) as runner:
        await runner.start()
        (tmp_path / "dead").write_text("yes\n")
        assert runner.pid is not None
        os.kill(runner.pid, signal.SIGKILL)
        await until(lambda: runner.restarts >= 3, "it is tried again")
        assert runner.last_exit == "exit code 7"

        (tmp_path / "dead").unlink()
        await until(lambda: runner.state is ComponentState.RUNNING and runner.pid is not None, "it has recovered")


async def test_workers_of_a_component_that_died_do_not_hold_its_place(tmp_path: Path, shell_component, until):
    script = "sleep 600 & echo $! >>workers; touch component.ready; wait"
    async with kept(shell_component(script), tmp_path) as runner:
        await runner.start()
        worker = ProcessIdentity.from_pid(int((tmp_path / "workers").read_text()))
        assert worker is not None
        assert runner.pid is not None
        os.kill(runner.pid, signal.SIGKILL)

        await until(lambda: runner.restarts == 1, "it is started again")
        await until(lambda: not worker.alive(), "its worker has gone")


async def test_a_component_that_ends_before_it_is_ready_is_refused_in_its_own_words(tmp_path: Path, shell_component):
    (tmp_path / "component.log").write_text("words of an earlier start\n")
    async with kept(shell_component("echo first; echo MEMBER_PORT is not set. >&2; exit 2"), tmp_path) as runner:
        with pytest.raises(PlatformError) as refusal:
            await runner.start()

        assert "component ended before it was ready (exit code 2): MEMBER_PORT is not set." in str(refusal.value)
        assert "component.log" in str(refusal.value)
        assert runner.state is ComponentState.STOPPED


async def test_a_component_that_is_never_ready_is_ended(tmp_path: Path, shell_component):
    async with kept(shell_component("echo $$ >pid; exec sleep 600", start_seconds=0.3), tmp_path) as runner:
        with pytest.raises(PlatformError, match=r"component was not ready within 0\.3 s"):
            await runner.start()

    assert ProcessIdentity.from_pid(int((tmp_path / "pid").read_text())) is None


async def test_a_component_that_does_not_stop_when_asked_is_killed(tmp_path: Path, shell_component):
    script = "trap '' TERM; touch component.ready; while :; do sleep 0.1; done"
    async with kept(shell_component(script, stop_seconds=0.2), tmp_path) as runner:
        await runner.start()
        identity = ProcessIdentity.from_pid(runner.pid or 0)
        assert identity is not None
        await runner.stop()

        assert not identity.alive()


async def test_a_component_that_waits_to_be_started_again_can_be_stopped(tmp_path: Path, shell_component, until):
    async with kept(shell_component(RUN), tmp_path, Backoff(first=600)) as runner:
        await runner.start()
        assert runner.pid is not None
        os.kill(runner.pid, signal.SIGKILL)
        await until(lambda: runner.state is ComponentState.RESTARTING, "its back-off passes")
        await runner.stop()

        assert runner.state is ComponentState.STOPPED


async def test_a_detached_component_stays_down_until_it_is_released(tmp_path: Path, shell_component, until):
    async with kept(shell_component(RUN), tmp_path) as runner:
        await runner.start()
        await runner.detach()
        assert (runner.state, runner.pid) == (ComponentState.DETACHED, None)

        runner.attach()
        await until(lambda: runner.state is ComponentState.RUNNING, "it runs again")
        assert runner.restarts == 0


async def test_a_component_sees_its_own_environment_and_no_other(tmp_path: Path, shell_component, monkeypatch):
    monkeypatch.setenv("SOMEBODYS_SECRET", "1")
    async with kept(shell_component("env >seen; touch component.ready; exec sleep 600"), tmp_path) as runner:
        await runner.start()

    assert "SOMEBODYS_SECRET" not in (tmp_path / "seen").read_text()
