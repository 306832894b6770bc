"""Keys that wait to be looked at: each once, never two at a time for one key, later after an error."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import structlog

from platform_operator import metrics
from platform_operator.kube.faults import ApiFault

K = TypeVar("K", bound=Hashable)

# Pauses after errors in a row (seconds): doubled each time, up to the longest.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0

log = structlog.get_logger(__name__)


class WorkQueue(Generic[K]):
    """Calls `work` for each key that was added, by `workers` at a time, while `leads` is set."""

    def __init__(self, work: Callable[[K], Awaitable[None]], leads: asyncio.Event, workers: int = 8) -> None:
        self._work = work
        self._leads = leads
        self._workers = workers
        self._waiting: dict[K, None] = {}
        self._running: set[K] = set()
        self._again: set[K] = set()
        self._failures: dict[K, int] = {}
        self._later: dict[K, asyncio.TimerHandle] = {}
        self._wake = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, key: K) -> None:
        """Have `key` looked at soon. While it is being looked at: once more after that."""
        if key in self._running:
            self._again.add(key)
            return
        if handle := self._later.pop(key, None):
            handle.cancel()
        self._waiting[key] = None
        metrics.queue_length.set(len(self._waiting))
        asyncio.get_running_loop().create_task(self._notify())

    def add_later(self, key: K, seconds: float) -> None:
        """Have `key` looked at after a pause, or sooner should somebody add it."""
        if handle := self._later.pop(key, None):
            handle.cancel()
        self._later[key] = asyncio.get_running_loop().call_later(seconds, self._due, key)

    def _due(self, key: K) -> None:
        self._later.pop(key, None)
        self.add(key)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing runs; what waits for a pause to end does not count."""
        return not self._waiting and not self._running

    def start(self) -> None:
        """Begin to work."""
        self._tasks = [asyncio.create_task(self._run()) for _ in range(self._workers)]

    async def stop(self) -> None:
        """End all work."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for handle in self._later.values():
            handle.cancel()

    async def _notify(self) -> None:
        async with self._wake:
            self._wake.notify()

    async def _next(self) -> K:
        while True:
            await self._leads.wait()
            async with self._wake:
                await self._wake.wait_for(lambda: bool(self._waiting))
                if not self._leads.is_set():
                    continue
                key = next(iter(self._waiting))
                del self._waiting[key]
                self._running.add(key)
                metrics.queue_length.set(len(self._waiting))
                return key

    async def _run(self) -> None:
        while True:
            key = await self._next()
            pause = await self._attempt(key)
            self._running.discard(key)
            if key in self._again:
                self._again.discard(key)
                self.add(key)
            elif pause:
                self.add_later(key, pause)

    async def _attempt(self, key: K) -> float:
        """Work on `key`, and return after what pause to try again; 0 when there is no need."""
        try:
            await self._work(key)
        except ApiFault as error:
            log.warning("api_fault", key=str(key), status=error.status, error=str(error))
            return max(error.retry_after, self._pause(key))
        except Exception:
            log.exception("reconcile_failed", key=str(key))
            return self._pause(key)
        self._failures.pop(key, None)
        return 0

    def _pause(self, key: K) -> float:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (failures - 1))
        # not all of them at the same moment
        return longest * (0.5 + random.random() / 2)  # noqa: S311 (no secret)
