"""What comes after what."""

from __future__ import annotations

import pytest

from platform_standalone.steps import Job, check_plan, stop_waves


async def nothing() -> str:
    """A job's work."""
    return "done"


def test_components_stop_in_waves_those_that_depend_on_others_first(shell_component):
    steps = [
        shell_component("", "postgres"),
        shell_component("", "valkey"),
        Job("migrations", nothing, after=["postgres"]),
        shell_component("", "member", after=["migrations"]),
        shell_component("", "auth", after=["valkey"]),
        shell_component("", "edge", after=["member", "auth"]),
    ]

    assert stop_waves(steps) == [["edge"], ["auth", "member"], ["valkey"], ["postgres"]]


def test_a_plan_with_a_circle_is_refused():
    with pytest.raises(ValueError, match="wait for one another"):
        check_plan([Job("a", nothing, after=["b"]), Job("b", nothing, after=["a"])])


def test_a_plan_that_waits_for_a_stranger_is_refused():
    with pytest.raises(ValueError, match="a waits for unknown steps: b"):
        check_plan([Job("a", nothing, after=["b"])])


def test_a_plan_with_one_name_twice_is_refused():
    with pytest.raises(ValueError, match="several steps have the name a"):
        check_plan([Job("a", nothing), Job("a", nothing)])
