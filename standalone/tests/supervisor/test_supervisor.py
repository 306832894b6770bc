"""Several components: in order, and all or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_standalone.errors import PlatformError
from platform_standalone.process_runner import ComponentState
from platform_standalone.process_table import ProcessTable
from platform_standalone.state import StateFolder
from platform_standalone.steps import Job, Step
from platform_standalone.supervisor import Supervisor


def supervisor(steps: list[Step], state: StateFolder) -> Supervisor:
    return Supervisor(steps, state, ProcessTable(state.run / "record"))


def runs(name: str) -> str:
    """A script that says when it starts and when it ends."""
    return (
        f"trap 'echo stop {name} >>events; exit' TERM; "
        f"echo start {name} >>events; touch {name}.ready; while :; do sleep 0.05; done"
    )


async def test_components_start_after_what_they_need_and_stop_before_it(
    tmp_path: Path, state: StateFolder, shell_component
):
    async def migrate() -> str:
        with (tmp_path / "events").open("a") as events:
            events.write("migrate\n")
        return "done"

    steps: list[Step] = [
        shell_component(runs("edge"), "edge", after=["member"]),
        shell_component(runs("member"), "member", after=["migrations"]),
        Job("migrations", migrate, after=["postgres"]),
        shell_component(runs("postgres"), "postgres"),
    ]
    events: list[str] = []
    platform = supervisor(steps, state)

    await platform.start(lambda name, *_: events.append(name))
    await platform.stop(lambda name, *_: events.append(name))

    assert (tmp_path / "events").read_text().splitlines() == [
        *("start postgres", "migrate", "start member", "start edge"),
        *("stop edge", "stop member", "stop postgres"),
    ]
    assert events == ["postgres", "migrations", "member", "edge", "edge", "member", "postgres"]


async def test_when_one_component_fails_none_is_left_running(state: StateFolder, shell_component):
    steps: list[Step] = [
        shell_component(runs("postgres"), "postgres"),
        shell_component("exec sleep 600", "valkey"),
        shell_component("echo no; exit 1", "member", after=["postgres"]),
        shell_component(runs("edge"), "edge", after=["member"]),
    ]
    platform = supervisor(steps, state)

    with pytest.raises(PlatformError, match=r"^member ended before it was ready \(exit code 1\): no"):
        await platform.start(lambda *_: None)

    assert [runner.pid for runner in platform.runners.values()] == [None] * 4


async def test_when_a_job_fails_none_is_left_running(state: StateFolder, shell_component):
    async def fail() -> str:
        raise PlatformError("The migration does not fit.")

    steps: list[Step] = [shell_component(runs("postgres"), "postgres"), Job("migrations", fail, after=["postgres"])]
    platform = supervisor(steps, state)

    with pytest.raises(PlatformError, match="The migration does not fit"):
        await platform.start(lambda *_: None)

    assert platform.runners["postgres"].pid is None


async def test_only_what_is_developed_here_can_be_detached_and_by_one_alone(
    tmp_path: Path, state: StateFolder, shell_component
):
    steps: list[Step] = [
        shell_component(runs("member"), "member", sources=[tmp_path]),
        shell_component(runs("postgres"), "postgres"),
    ]
    platform = supervisor(steps, state)
    await platform.start(lambda *_: None)
    try:
        for name in ("postgres", "nothing", ""):
            with pytest.raises(PlatformError, match="SERVICE=member"):
                await platform.detach(name)
        await platform.detach("member")
        with pytest.raises(PlatformError, match="another make dev"):
            await platform.detach("member")
        assert platform.runners["member"].state is ComponentState.DETACHED
    finally:
        await platform.stop(lambda *_: None)
