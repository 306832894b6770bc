"""The ring in use: reloaded when its files change, unchanged if they are invalid."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from platform_auth.keys.ring import InvalidKeyRing, KeyRing, directory_signature, load_ring

# How often the files are looked at, and how often a token of an unknown key may make us look in between (seconds).
POLL_SECONDS = 5.0
UNKNOWN_KID_SECONDS = 1.0

log = structlog.get_logger(__name__)


class KeyRingReloader:
    """Holds the ring of `directory`. Raises InvalidKeyRing when there is none at the start."""

    def __init__(self, directory: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._monotonic = monotonic
        self._seen = directory_signature(directory)
        self._looked_at = monotonic()
        self._on_removal: list[Callable[[], None]] = []
        self.ring: KeyRing = load_ring(directory)

    def on_removal(self, callback: Callable[[], None]) -> None:
        """Have `callback` called whenever a key has left the ring."""
        self._on_removal.append(callback)

    def reload_if_changed(self) -> None:
        """Check the files, and load their ring if they have changed and are valid."""
        self._looked_at = self._monotonic()
        seen = directory_signature(self._directory)
        if seen == self._seen:
            return
        try:
            ring = load_ring(self._directory)
        except InvalidKeyRing as broken:
            # Not remembered as seen: the next check tries and logs it again.
            log.warning("key_ring_broken", reason=f"the key ring {broken}", kept=[key.kid for key in self.ring.keys])
            return
        self._seen = seen
        removed = self.ring.public.keys() - ring.public.keys()
        self.ring = ring
        log.info("key_ring_reloaded", keys={key.kid: key.state for key in ring.keys}, removed=sorted(removed))
        if removed:
            for callback in self._on_removal:
                callback()

    def knows(self, kid: str) -> bool:
        """Return whether `kid` verifies tokens; an unknown one reloads the files, at most once a second."""
        if kid in self.ring.public:
            return True
        if self._monotonic() - self._looked_at >= UNKNOWN_KID_SECONDS:
            self.reload_if_changed()
        return kid in self.ring.public

    @asynccontextmanager
    async def watching(self, every: float = POLL_SECONDS) -> AsyncIterator[None]:
        """Look at the files every few seconds while the block runs."""
        task = asyncio.create_task(self._watch(every))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            try:
                self.reload_if_changed()
            except Exception:
                log.exception("key_ring_watch_failed")
