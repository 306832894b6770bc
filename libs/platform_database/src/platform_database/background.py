"""What goes on beside requests: deliveries, purges, sweeps. Every replica does it, and none waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

# How long work under way may take once the process is to stop (seconds).
STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Work:
    """Something to do every `seconds`, and at once when `wake` is set.

    `run` does a batch and returns how much that was; as long as there is work, it goes on.
    """

    name: str
    seconds: float
    run: Callable[[], Awaitable[int]]
    wake: asyncio.Event | None = None


@asynccontextmanager
async def background_work(works: Sequence[Work]) -> AsyncIterator[None]:
    """Do all of it while the block runs."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(repeat(work, stopping)) for work in works]
    try:
        yield
    finally:
        # Told rather than cancelled: what is under way ends, and the driver may take a cancellation for a failure.
        stopping.set()
        _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()


async def repeat(work: Work, stopping: asyncio.Event) -> None:
    """Do `work` again and again until `stopping` is set; a failure only ends the attempt."""
    pause = work.seconds
    while not await _stops_within(pause, stopping, work.wake):
        done = 0
        try:
            done = await work.run()
        except SQLAlchemyError as error:
            log.warning("periodic_task_failed", task=work.name, error=type(error).__name__)
        except Exception:
            # One bad row must not stop all others for good.
            log.exception("periodic_task_failed", task=work.name)
        # As long as there is work, it goes on at once.
        pause = work.seconds if done == 0 else 0


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
