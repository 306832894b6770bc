"""One part: started, started again, stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from platform_standalone.backoff import Backoff
from platform_standalone.errors import PlatformError
from platform_standalone.keeper import Keeper, PartState
from platform_standalone.parts import Part
from platform_standalone.processes import ProcessIdentity

RUN = "touch part.ready; exec sleep 600"


@asynccontextmanager
async def kept(part: Part, folder: Path, backoff: Backoff | None = None) -> AsyncIterator[Keeper]:
    """A keeper whose part is stopped at the end, and which does not wait long."""
    keeper = Keeper(part, folder / "part.log", lambda *_: None, backoff or Backoff(first=0.01, longest=0.05))
    try:
        yield keeper
    finally:
        await keeper.stop()


async def test_a_part_runs_once_it_is_ready(tmp_path: Path, shell_part):
    async with kept(shell_part(RUN), tmp_path) as keeper:
        await keeper.start()

        assert keeper.state is PartState.RUNNING
        assert keeper.pid is not None
    assert keeper.state is PartState.STOPPED
    assert keeper.pid is None


async def test_a_part_that_was_killed_is_started_again_and_counted(tmp_path: Path, shell_part, until):
    async with kept(shell_part(RUN), tmp_path) as keeper:
        await keeper.start()
        first = keeper.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: keeper.pid not in {None, first} and keeper.state is PartState.RUNNING, "it is back")

        assert keeper.restarts == 1
        assert keeper.last_exit == "signal 9"


async def test_a_part_that_keeps_dying_is_tried_again_and_again(tmp_path: Path, shell_part, until):
    script = "touch part.ready; read dead <dead && exit 7; exec sleep 600"
    async with kept(shell_part(script), tmp_path) as keeper:
        await keeper.start()
        (tmp_path / "dead").write_text("yes\n")
        assert keeper.pid is not None
        os.kill(keeper.pid, signal.SIGKILL)
        await until(lambda: keeper.restarts >= 3, "it is tried again")
        assert keeper.last_exit == "exit code 7"

        (tmp_path / "dead").unlink()
        await until(lambda: keeper.state is PartState.RUNNING and keeper.pid is not None, "it has recovered")


async def test_workers_of_a_part_that_died_do_not_hold_its_place(tmp_path: Path, shell_part, until):
    script = "sleep 600 & echo $! >>workers; touch part.ready; wait"
    async with kept(shell_part(script), tmp_path) as keeper:
        await keeper.start()
        worker = ProcessIdentity.of(int((tmp_path / "workers").read_text()))
        assert worker is not None
        assert keeper.pid is not None
        os.kill(keeper.pid, signal.SIGKILL)

        await until(lambda: keeper.restarts == 1, "it is started again")
        await until(lambda: not worker.alive(), "its worker has gone")


async def test_a_part_that_ends_before_it_is_ready_is_refused_in_its_own_words(tmp_path: Path, shell_part):
    (tmp_path / "part.log").write_text("words of an earlier start\n")
    async with kept(shell_part("echo first; echo MEMBER_PORT is not set. >&2; exit 2"), tmp_path) as keeper:
        with pytest.raises(PlatformError) as refusal:
            await keeper.start()

        assert "part ended before it was ready (exit code 2): MEMBER_PORT is not set." in str(refusal.value)
        assert "part.log" in str(refusal.value)
        assert keeper.state is PartState.STOPPED


async def test_a_part_that_is_never_ready_is_ended(tmp_path: Path, shell_part):
    async with kept(shell_part("echo $$ >pid; exec sleep 600", start_seconds=0.3), tmp_path) as keeper:
        with pytest.raises(PlatformError, match=r"part was not ready within 0\.3 s"):
            await keeper.start()

    assert ProcessIdentity.of(int((tmp_path / "pid").read_text())) is None


async def test_a_part_that_does_not_stop_when_asked_is_killed(tmp_path: Path, shell_part):
    script = "trap '' TERM; touch part.ready; while :; do sleep 0.1; done"
    async with kept(shell_part(script, stop_seconds=0.2), tmp_path) as keeper:
        await keeper.start()
        identity = ProcessIdentity.of(keeper.pid or 0)
        assert identity is not None
        await keeper.stop()

        assert not identity.alive()


async def test_a_part_that_waits_to_be_started_again_can_be_stopped(tmp_path: Path, shell_part, until):
    async with kept(shell_part(RUN), tmp_path, Backoff(first=600)) as keeper:
        await keeper.start()
        assert keeper.pid is not None
        os.kill(keeper.pid, signal.SIGKILL)
        await until(lambda: keeper.state is PartState.RESTARTING, "its back-off passes")
        await keeper.stop()

        assert keeper.state is PartState.STOPPED


async def test_a_detached_part_stays_down_until_it_is_released(tmp_path: Path, shell_part, until):
    async with kept(shell_part(RUN), tmp_path) as keeper:
        await keeper.start()
        await keeper.detach()
        assert (keeper.state, keeper.pid) == (PartState.DETACHED, None)

        keeper.attach()
        await until(lambda: keeper.state is PartState.RUNNING, "it runs again")
        assert keeper.restarts == 0


async def test_a_part_sees_its_own_environment_and_no_other(tmp_path: Path, shell_part, monkeypatch):
    monkeypatch.setenv("SOMEBODYS_SECRET", "1")
    async with kept(shell_part("env >seen; touch part.ready; exec sleep 600"), tmp_path) as keeper:
        await keeper.start()

    assert "SOMEBODYS_SECRET" not in (tmp_path / "seen").read_text()
