"""What goes on beside requests: deliveries of the outbox, and the purge of what has expired."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from member.ledger import repository as ledger
from member.parts import Parts

# How long work under way may take once the process is to stop (seconds).
STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)


@asynccontextmanager
async def background_work(parts: Parts) -> AsyncIterator[None]:
    """Deliver and purge while the block runs; every replica does, and none waits for another."""
    settings = parts.settings
    stopping = asyncio.Event()
    tasks = [
        asyncio.create_task(_every(settings.outbox_poll_seconds, stopping, "outbox", parts.outbox.deliver_due)),
        asyncio.create_task(_every(settings.purge_interval_seconds, stopping, "purge", lambda: purge(parts))),
    ]
    try:
        yield
    finally:
        # Told rather than cancelled: what is under way ends, and the driver may take a cancellation for a failure.
        stopping.set()
        _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()


async def purge(parts: Parts) -> int:
    """Delete a batch of expired answers and one of old events; return how many rows that was."""
    async with parts.sessions.begin() as session:
        answers = await ledger.purge(session)
    return answers + await parts.outbox.purge()


async def _every(seconds: float, stopping: asyncio.Event, name: str, work: Callable[[], Awaitable[int]]) -> None:
    pause = seconds
    while not await _within(pause, stopping):
        done = 0
        try:
            done = await work()
        except SQLAlchemyError as error:
            log.warning("background_work_failed", work=name, error=type(error).__name__)
        except Exception:
            # One bad row must not stop all others for good.
            log.exception("background_work_failed", work=name)
        # As long as there is work, it goes on at once.
        pause = seconds if done == 0 else 0


async def _within(seconds: float, event: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(event.wait(), timeout=seconds)
    except TimeoutError:
        return False
    return True
