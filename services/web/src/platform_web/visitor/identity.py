"""Which member a token speaks of: verified, and remembered until it expires."""

from __future__ import annotations

import time
from collections.abc import Callable

from platform_common.tokens.access import AccessTokenInvalid, AccessTokenVerifier, Principal, principal_of


class Identities:
    """Verified access tokens. Whether the session is alive is the edge's to say, at each request."""

    def __init__(self, verifier: AccessTokenVerifier, size: int, now: Callable[[], float] = time.time) -> None:
        self._verifier = verifier
        self._size = size
        self._now = now
        self._known: dict[str, tuple[float, Principal]] = {}

    async def of(self, token: str) -> Principal | None:
        """Return whom `token` speaks of, or None when it is not valid. Raises JwksUnavailable."""
        known = self._known.get(token)
        if known is not None and self._now() < known[0]:
            return known[1]
        self._known.pop(token, None)
        try:
            claims = await self._verifier.claims(token)
        except AccessTokenInvalid:
            return None
        principal = principal_of(claims)
        while len(self._known) >= self._size:
            self._known.pop(next(iter(self._known)))
        self._known[token] = (float(claims["exp"]), principal)
        return principal
