"""When all objects are listed again, because a watch may miss something."""

from __future__ import annotations

import asyncio
from contextlib import suppress

# Delays of the resyncs after a watch has restarted (seconds). kopf does not report when the list of a kind is complete,
# and an empty list produces no event, so a second resync follows. (kopf's indices report it, but then every object of a
# list waits for all others, which takes minutes for some thousand objects.)
AFTER_RESTART = (1.0, 30.0)


class ResyncTimer:
    """Triggers a resync every `interval` seconds, and after a watch has restarted."""

    def __init__(self, interval: float, after_restart: tuple[float, ...] = AFTER_RESTART) -> None:
        self._interval = interval
        self._after_restart = after_restart
        self._due = asyncio.Event()
        self._handles: list[asyncio.TimerHandle] = []

    def watch_restarted(self) -> None:
        """Schedule the resyncs that follow the restart of a watch."""
        self.stop()
        loop = asyncio.get_running_loop()
        self._handles = [loop.call_later(seconds, self._due.set) for seconds in self._after_restart]

    async def wait(self) -> None:
        """Wait until a resync is due."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._due.wait(), self._interval)
        self._due.clear()

    def stop(self) -> None:
        """Cancel the resyncs that follow a restart."""
        for handle in self._handles:
            handle.cancel()
