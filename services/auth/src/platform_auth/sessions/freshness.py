"""How recent a log-in must be for a change of what one logs in with (ASVS 7.5.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from platform_auth.sessions.record import Session
from platform_common.problems import ReauthenticationRequired


@dataclass(frozen=True)
class Freshness:
    """The most seconds since a log-in, and the clock."""

    max_age_seconds: int
    now: Callable[[], float]

    def require(self, caller: Session) -> None:
        """Raise ReauthenticationRequired unless the caller logged in recently."""
        if self.now() - caller.auth_time > self.max_age_seconds:
            raise ReauthenticationRequired(self.max_age_seconds)
