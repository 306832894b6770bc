"""The member of an access token, verified and cached until the token expires."""

from __future__ import annotations

import time
from collections.abc import Callable

from platform_common.tokens.access import AccessTokenInvalid, AccessTokenVerifier, Principal, principal_of


class Identities:
    """Caches verified access tokens. The edge checks at each request that the session is active."""

    def __init__(self, verifier: AccessTokenVerifier, size: int, now: Callable[[], float] = time.time) -> None:
        self._verifier = verifier
        self._size = size
        self._now = now
        self._known: dict[str, tuple[float, Principal]] = {}

    async def principal_for(self, token: str) -> Principal | None:
        """Return the principal of `token`, or None if it is invalid. Raises JwksUnavailable."""
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
