"""The supervisor's plan: components to keep running, jobs to do once, and their order."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

# Return whether a component is healthy; never raises.
Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Component:
    """A process that the supervisor keeps running."""

    name: str
    command: Sequence[str]
    probe: Probe
    address: str
    after: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: Path = Path("/")
    # The name of its log file, if it differs from the component's.
    log: str = ""
    # Filters the messages on its standard error before they are logged.
    error_filter: Callable[[bytes], bytes] | None = None
    # The signal that stops it, and the seconds after which it is killed.
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    # The time within which it must be ready (seconds).
    start_seconds: float = 60
    # Folders whose changes restart it under `make dev`; empty for third-party servers.
    sources: Sequence[Path] = ()


@dataclass(frozen=True)
class Job:
    """A task that runs once per start. `run` returns a description of its result, or raises PlatformError."""

    name: str
    run: Callable[[], Awaitable[str]]
    after: Sequence[str] = ()


Step = Component | Job


def check_plan(steps: Sequence[Step]) -> None:
    """Raise ValueError if two steps share a name, or a step waits for an unknown step or for itself."""
    names = [step.name for step in steps]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"several steps have the name {', '.join(sorted(doubled))}")
    for step in steps:
        if unknown := set(step.after) - set(names):
            raise ValueError(f"{step.name} waits for unknown steps: {', '.join(sorted(unknown))}")
    try:
        TopologicalSorter({step.name: step.after for step in steps}).prepare()
    except CycleError as error:
        raise ValueError(f"steps wait for one another: {' → '.join(error.args[1])}") from None


def stop_waves(steps: Sequence[Step]) -> list[list[str]]:
    """Return the names of the components in the order in which they stop: those of one list stop concurrently."""
    followers: dict[str, list[str]] = {step.name: [] for step in steps}
    for step in steps:
        for earlier in step.after:
            followers[earlier].append(step.name)
    components = {step.name for step in steps if isinstance(step, Component)}
    sorter = TopologicalSorter(followers)
    sorter.prepare()
    waves = []
    while sorter.is_active():
        ready = sorter.get_ready()
        sorter.done(*ready)
        if wave := sorted(components & set(ready)):
            waves.append(wave)
    return waves
