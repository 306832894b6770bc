"""Limits of the catalogue's database use, so that searches never take every connection from buyers."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from platform_common.problems import Overloaded
from platform_shop.catalogue.cursors import Filters
from platform_shop.catalogue.repository import Counted


class Gate:
    """Lets `places` callers in at once; others wait, `waiting` of them at most and for `seconds` at most.

    Enter it before the session's first statement, so that those who wait hold no connection.
    """

    def __init__(self, places: int, *, waiting: int = 64, seconds: float = 2.0) -> None:
        self._places = asyncio.Semaphore(places)
        self._free_to_wait = waiting
        self._seconds = seconds

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Wait for a place. Raises Overloaded."""
        await self._wait()
        try:
            yield
        finally:
            self._places.release()

    async def _wait(self) -> None:
        if self._free_to_wait <= 0:
            raise Overloaded("Too many searches at once. Try again in a moment.")
        self._free_to_wait -= 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._places.acquire()
        except TimeoutError:
            raise Overloaded("Too many searches at once. Try again in a moment.") from None
        finally:
            self._free_to_wait += 1


class CountsCache:
    """Facets by filters, cached for `seconds`, as long as external caches may keep the list."""

    def __init__(self, seconds: float, *, size: int = 1000, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._size = size
        self._now = now
        self._kept: OrderedDict[Filters, tuple[float, list[Counted]]] = OrderedDict()
        self._locks: WeakValueDictionary[Filters, asyncio.Lock] = WeakValueDictionary()

    async def get(self, filters: Filters, count: Callable[[], Awaitable[list[Counted]]]) -> list[Counted]:
        """Return the cached counts, or compute them once for all concurrent callers."""
        lock = self._locks.setdefault(filters, asyncio.Lock())
        async with lock:
            until, counted = self._kept.get(filters, (0.0, []))
            if self._now() >= until:
                counted = await count()
                self._remember(filters, counted)
            return counted

    def _remember(self, filters: Filters, counted: list[Counted]) -> None:
        self._kept[filters] = (self._now() + self._seconds, counted)
        self._kept.move_to_end(filters)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
