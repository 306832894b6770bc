"""What comes after what."""

from __future__ import annotations

import pytest

from platform_standalone.parts import Job, check_plan, stop_waves


async def nothing() -> str:
    """A job's work."""
    return "done"


def test_parts_stop_in_waves_those_that_depend_on_others_first(shell_part):
    steps = [
        shell_part("", "postgres"),
        shell_part("", "valkey"),
        Job("migrations", nothing, after=["postgres"]),
        shell_part("", "member", after=["migrations"]),
        shell_part("", "auth", after=["valkey"]),
        shell_part("", "edge", after=["member", "auth"]),
    ]

    assert stop_waves(steps) == [["edge"], ["auth", "member"], ["valkey"], ["postgres"]]


def test_a_plan_with_a_circle_is_refused():
    with pytest.raises(ValueError, match="wait for one another"):
        check_plan([Job("a", nothing, after=["b"]), Job("b", nothing, after=["a"])])


def test_a_plan_that_waits_for_a_stranger_is_refused():
    with pytest.raises(ValueError, match="a waits for b, which is no step"):
        check_plan([Job("a", nothing, after=["b"])])


def test_a_plan_with_one_name_twice_is_refused():
    with pytest.raises(ValueError, match="several steps are named a"):
        check_plan([Job("a", nothing), Job("a", nothing)])
