"""The supervisor's plan: components to keep running, jobs to do once, and their order."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

# Whether a part answers as it should; never raises.
Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Part:
    """A process to be kept running."""

    name: str
    command: Sequence[str]
    probe: Probe
    address: str
    after: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: Path = Path("/")
    # The name of its log file, where that is not its own name.
    log: str = ""
    # What its log gets of a message on its standard error; by default all.
    error_filter: Callable[[bytes], bytes] | None = None
    # How it is asked to stop, and for how long it may take before it is killed (seconds).
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    # How long it may take to be ready (seconds).
    start_seconds: float = 60
    # Folders whose change restarts it under `make dev`; empty for what is not developed here.
    sources: Sequence[Path] = ()


@dataclass(frozen=True)
class Job:
    """Something to do once at each start. `run` returns what to say of it, and raises PlatformError when it cannot."""

    name: str
    run: Callable[[], Awaitable[str]]
    after: Sequence[str] = ()


Step = Part | Job


def check_plan(steps: Sequence[Step]) -> None:
    """Raise ValueError when two steps share a name, one waits for a stranger, or they wait for one another."""
    names = [step.name for step in steps]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"several steps are named {', '.join(sorted(doubled))}")
    for step in steps:
        if strangers := set(step.after) - set(names):
            raise ValueError(f"{step.name} waits for {', '.join(sorted(strangers))}, which is no step")
    try:
        TopologicalSorter({step.name: step.after for step in steps}).prepare()
    except CycleError as error:
        raise ValueError(f"steps wait for one another: {' → '.join(error.args[1])}") from None


def stop_waves(steps: Sequence[Step]) -> list[list[str]]:
    """Return the parts' names in waves: a part stops when all that came after it have; a wave stops together."""
    followers: dict[str, list[str]] = {step.name: [] for step in steps}
    for step in steps:
        for earlier in step.after:
            followers[earlier].append(step.name)
    parts = {step.name for step in steps if isinstance(step, Part)}
    sorter = TopologicalSorter(followers)
    sorter.prepare()
    waves = []
    while sorter.is_active():
        ready = sorter.get_ready()
        sorter.done(*ready)
        if wave := sorted(parts & set(ready)):
            waves.append(wave)
    return waves
