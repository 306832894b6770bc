"""How many log-ins of one account from one address are in progress in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from platform_auth.rate_limiting import TooManyAttempts

_RETRY_AFTER_SECONDS = 1


class ConcurrentAttempts:
    """Bounds parallel attempts by memory alone, before any of them costs a call to the store or to member.

    An attempt counts as a failure until it has succeeded, so more than `limit` at once would be refused in any case.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._attempts: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def acquire(self, account: str, client: str) -> Iterator[None]:
        """Count an attempt while it is in progress. Raises TooManyAttempts."""
        key = (account, client)
        if self._attempts[key] >= self._limit:
            raise TooManyAttempts(_RETRY_AFTER_SECONDS)
        self._attempts[key] += 1
        try:
            yield
        finally:
            self._attempts[key] -= 1
            if not self._attempts[key]:
                del self._attempts[key]
