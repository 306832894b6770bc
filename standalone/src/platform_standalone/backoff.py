"""How long to wait before a part that died is started again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Backoff:
    """Doubles from `first` to `longest` seconds; a part that lived for `healthy_after` seconds starts over."""

    first: float = 0.1
    longest: float = 30.0
    healthy_after: float = 20.0
    _next: float = 0.0

    def delay(self, lived: float) -> float:
        """Return how long to wait (seconds) now that the part died after `lived` seconds of being ready."""
        if self._next == 0.0 or lived >= self.healthy_after:
            self._next = self.first
        delay = self._next
        self._next = min(self._next * 2, self.longest)
        return delay
