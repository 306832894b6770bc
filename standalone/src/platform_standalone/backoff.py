"""Exponential backoff for restarts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Backoff:
    """Delays that double from `first` to `longest` seconds, and reset after `healthy_after` seconds of uptime."""

    first: float = 0.1
    longest: float = 30.0
    healthy_after: float = 20.0
    _next: float = 0.0

    def delay(self, lived: float) -> float:
        """Return the delay before the next start (seconds), after `lived` seconds of being ready."""
        if self._next == 0.0 or lived >= self.healthy_after:
            self._next = self.first
        delay = self._next
        self._next = min(self._next * 2, self.longest)
        return delay
