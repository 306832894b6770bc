"""When everything is listed anew, for a watch may miss something."""

from __future__ import annotations

import asyncio
from contextlib import suppress

# How long after the last news of a list everything is listed once more, and then again (seconds). kopf does not say
# when a kind's list has been read, and an empty one brings no news: it may come later than the others. (kopf's indexes
# would say when, but with them each object of a list waits for all others, which takes minutes for some thousands.)
AFTER_A_LIST = (1.0, 30.0)


class Resync:
    """Every `every` seconds, and some time after a watch has begun anew."""

    def __init__(self, every: float, after_a_list: tuple[float, ...] = AFTER_A_LIST) -> None:
        self._every = every
        self._after_a_list = after_a_list
        self._due = asyncio.Event()
        self._handles: list[asyncio.TimerHandle] = []

    def listed(self) -> None:
        """Take that a watch has begun anew: nobody tells what went before that."""
        self.stop()
        loop = asyncio.get_running_loop()
        self._handles = [loop.call_later(seconds, self._due.set) for seconds in self._after_a_list]

    async def wait(self) -> None:
        """Return when it is time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._due.wait(), self._every)
        self._due.clear()

    def stop(self) -> None:
        """Forget what was to come after a list."""
        for handle in self._handles:
            handle.cancel()
