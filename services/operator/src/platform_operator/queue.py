"""A work queue as in Kubernetes controllers: keys are deduplicated and retried with backoff."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import structlog

from platform_operator import metrics
from platform_operator.kube.errors import ApiError

K = TypeVar("K", bound=Hashable)

# Backoff after consecutive errors (seconds), doubled each time.
INITIAL_BACKOFF_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 60.0

log = structlog.get_logger(__name__)


class WorkQueue(Generic[K]):
    """Calls `work` for each added key, in `workers` concurrent tasks, while `is_leader` is set.

    A key is never processed twice at the same time; one that is added meanwhile is processed once more.
    """

    def __init__(self, work: Callable[[K], Awaitable[None]], is_leader: asyncio.Event, workers: int = 8) -> None:
        self._work = work
        self._is_leader = is_leader
        self._workers = workers
        self._waiting: dict[K, None] = {}
        self._running: set[K] = set()
        self._requeue: set[K] = set()
        self._failures: dict[K, int] = {}
        self._delayed: dict[K, asyncio.TimerHandle] = {}
        self._wake = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, key: K) -> None:
        """Enqueue a key."""
        if key in self._running:
            self._requeue.add(key)
            return
        if handle := self._delayed.pop(key, None):
            handle.cancel()
        self._waiting[key] = None
        metrics.workqueue_depth.set(len(self._waiting))
        asyncio.get_running_loop().create_task(self._notify())

    def add_later(self, key: K, seconds: float) -> None:
        """Enqueue a key after a delay, or earlier if it is added again."""
        if handle := self._delayed.pop(key, None):
            handle.cancel()
        self._delayed[key] = asyncio.get_running_loop().call_later(seconds, self._due, key)

    def _due(self, key: K) -> None:
        self._delayed.pop(key, None)
        self.add(key)

    @property
    def is_idle(self) -> bool:
        """Whether no key is waiting or being processed; delayed keys do not count."""
        return not self._waiting and not self._running

    def start(self) -> None:
        """Start the workers."""
        self._tasks = [asyncio.create_task(self._run()) for _ in range(self._workers)]

    async def stop(self) -> None:
        """Stop the workers."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for handle in self._delayed.values():
            handle.cancel()

    async def _notify(self) -> None:
        async with self._wake:
            self._wake.notify()

    async def _next(self) -> K:
        while True:
            await self._is_leader.wait()
            async with self._wake:
                await self._wake.wait_for(lambda: bool(self._waiting))
                if not self._is_leader.is_set():
                    continue
                key = next(iter(self._waiting))
                del self._waiting[key]
                self._running.add(key)
                metrics.workqueue_depth.set(len(self._waiting))
                return key

    async def _run(self) -> None:
        while True:
            key = await self._next()
            delay = await self._attempt(key)
            self._running.discard(key)
            if key in self._requeue:
                self._requeue.discard(key)
                self.add(key)
            elif delay:
                self.add_later(key, delay)

    async def _attempt(self, key: K) -> float:
        """Process a key and return the delay of the retry (seconds); 0 on success."""
        try:
            await self._work(key)
        except ApiError as error:
            log.warning("api_error", key=str(key), status=error.status, error=str(error))
            return max(error.retry_after, self._backoff(key))
        except Exception:
            log.exception("reconcile_failed", key=str(key))
            return self._backoff(key)
        self._failures.pop(key, None)
        return 0

    def _backoff(self, key: K) -> float:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        longest = min(MAX_BACKOFF_SECONDS, INITIAL_BACKOFF_SECONDS * 2.0 ** (failures - 1))
        # jitter
        return longest * (0.5 + random.random() / 2)  # noqa: S311 (not security-relevant)
