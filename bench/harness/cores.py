"""Assign processes to cores and measure their CPU time."""

from __future__ import annotations

import os
from collections.abc import Iterable

import psutil


class TooFewCores(RuntimeError):
    """There is no core for the load apart from the server's."""


def two_cores() -> tuple[int, int]:
    """Return the core of the server under test and the core of the load. Raises TooFewCores."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise TooFewCores("A benchmark needs two cores: one for the server under test, one for the load.")
    return allowed[0], allowed[1]


def pin(pid: int, core: int) -> None:
    """Keep `pid`, with every thread that it has, on `core`."""
    for thread in psutil.Process(pid).threads():
        os.sched_setaffinity(thread.id, {core})


def on_core(core: int, *command: str) -> list[str]:
    """Return the command that runs `command` on `core`, its later threads and children too."""
    return ["taskset", "--cpu-list", str(core), *command]


def busy_seconds(core: int) -> float:
    """Return for how long `core` has been busy so far, with whatever."""
    times = psutil.cpu_times(percpu=True)[core]
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that the processes have used so far."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(time.user + time.system for time in times)
