"""Run periodic work beside requests: deliveries, purges, reconciliation. Every replica does, without coordination."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

# How long a batch in progress may take once the process is to stop (seconds).
STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PeriodicTask:
    """Something to run every `interval_seconds`, and at once when `wake` is set.

    `run` processes a batch and returns its size; until that is 0, the next batch follows at once.
    """

    name: str
    interval_seconds: float
    run: Callable[[], Awaitable[int]]
    wake: asyncio.Event | None = None


@asynccontextmanager
async def run_periodic_tasks(periodic: Sequence[PeriodicTask]) -> AsyncIterator[None]:
    """Run the tasks while the block runs."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(run_periodically(task, stopping)) for task in periodic]
    try:
        yield
    finally:
        # Not cancelled at first: a batch in progress ends, and the driver may treat a cancellation as an error.
        stopping.set()
        _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()


async def run_periodically(task: PeriodicTask, stopping: asyncio.Event) -> None:
    """Run `task` until `stopping` is set; an error only ends the attempt."""
    pause = task.interval_seconds
    while not await _stops_within(pause, stopping, task.wake):
        done = 0
        try:
            done = await task.run()
        except SQLAlchemyError as error:
            log.warning("periodic_task_failed", task=task.name, error=type(error).__name__)
        except Exception:
            # One bad row must not stop all others for good.
            log.exception("periodic_task_failed", task=task.name)
        pause = task.interval_seconds if done == 0 else 0


async def _stops_within(seconds: float, stopping: asyncio.Event, wake: asyncio.Event | None) -> bool:
    waits = [asyncio.ensure_future(event.wait()) for event in (stopping, wake) if event is not None]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    if wake is not None:
        wake.clear()
    return stopping.is_set()
