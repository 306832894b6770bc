"""Who gets the next free worker: a bounded queue in which no account and no client can delay the others."""

from __future__ import annotations

import asyncio
import itertools
from bisect import insort
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial


class QueueFull(Exception):
    """There is no place left for this request."""


@dataclass(order=True)
class _Waiter:
    rank: int
    arrival: int
    granted: asyncio.Future[None] = field(compare=False)


class FairQueue:
    """Hands out `workers` slots; up to `places` requests wait for one.

    Each request names its keys: the account and the client. Its rank is the number of earlier requests with one of
    these keys that are still waiting or working. The lowest rank is served first, in order of arrival. When all places
    are taken, the last one of the highest rank is refused. So a request of a key with nothing else in the queue waits
    for the work in progress only, however many requests others have sent.
    """

    def __init__(self, workers: int, places: int) -> None:
        self._free = workers
        self._places = places
        self._present: Counter[str] = Counter()
        self._waiting: list[_Waiter] = []
        self._arrivals = itertools.count()

    def check(self, keys: Collection[str]) -> None:
        """Raise QueueFull if a request with these keys would be refused now."""
        if self._is_full() and not self._outranks_the_last(self._rank(keys)):
            raise QueueFull

    async def acquire(self, keys: Collection[str]) -> Callable[[], None]:
        """Wait for a slot, and return the function that gives it back. Raises QueueFull, also while waiting."""
        self.check(keys)
        rank = self._rank(keys)
        self._present.update(keys)
        try:
            await self._acquire_slot(rank)
        except BaseException:
            self._forget(keys)
            raise
        return partial(self._release, keys)

    def _rank(self, keys: Collection[str]) -> int:
        return max((self._present[key] for key in keys), default=0)

    def _is_full(self) -> bool:
        return self._free == 0 and len(self._waiting) >= self._places

    def _outranks_the_last(self, rank: int) -> bool:
        return bool(self._waiting) and rank < self._waiting[-1].rank

    async def _acquire_slot(self, rank: int) -> None:
        if self._free:
            self._free -= 1
            return
        if self._is_full():
            self._refuse_the_last()
        waiter = _Waiter(rank, next(self._arrivals), asyncio.get_running_loop().create_future())
        insort(self._waiting, waiter)
        try:
            await waiter.granted
        except asyncio.CancelledError:
            self._give_up(waiter)
            raise

    def _refuse_the_last(self) -> None:
        last = self._waiting.pop()
        # One that was cancelled leaves by itself.
        if not last.granted.done():
            last.granted.set_exception(QueueFull())

    def _give_up(self, waiter: _Waiter) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        elif not waiter.granted.cancelled() and waiter.granted.exception() is None:
            # The slot was granted in the very moment in which the caller gave up.
            self._pass_on()

    def _release(self, keys: Collection[str]) -> None:
        self._forget(keys)
        self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            granted = self._waiting.pop(0).granted
            if not granted.done():
                granted.set_result(None)
                return
        self._free += 1

    def _forget(self, keys: Collection[str]) -> None:
        self._present.subtract(keys)
        for key in keys:
            if self._present[key] <= 0:
                del self._present[key]
