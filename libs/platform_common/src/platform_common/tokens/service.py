"""Service-to-service tokens: HS256, one minute, `iss` the caller and `aud` the callee."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

import jwt

from platform_common.problems import Unauthenticated

ALGORITHM = "HS256"
LIFETIME_SECONDS = 60
# Clocks of two machines differ a little (seconds).
LEEWAY_SECONDS = 5


class ServiceTokenIssuer:
    """Issues tokens for calls from `service` to other services; reuses them for a minute per audience."""

    def __init__(self, service: str, key: str, now: Callable[[], float] = time.time) -> None:
        self._service = service
        self._key = key
        self._now = now
        self._made: dict[str, tuple[float, str]] = {}

    def token_for(self, audience: str) -> str:
        """Return a token that `audience` accepts for at least another half of its lifetime."""
        now = self._now()
        made_at, token = self._made.get(audience, (0.0, ""))
        if now - made_at > LIFETIME_SECONDS / 2:
            claims = {
                "iss": self._service,
                "aud": audience,
                "iat": int(now),
                "exp": int(now) + LIFETIME_SECONDS,
            }
            token = jwt.encode(claims, self._key, ALGORITHM)
            self._made[audience] = (now, token)
        return token


class ServiceTokenVerifier:
    """Verifies tokens that `callers` issued for `service`."""

    def __init__(self, service: str, key: str, callers: Collection[str]) -> None:
        self._service = service
        self._key = key
        self._callers = frozenset(callers)

    def caller(self, authorization: str | None) -> str:
        """Return the calling service. Raises Unauthenticated without a valid `Bearer` service token."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("A service token is required.")
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=self._service,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "iat", "exp"]},
            )
        except jwt.PyJWTError:
            raise Unauthenticated("The service token is not valid.", error="invalid_token") from None
        caller = claims["iss"]
        if caller not in self._callers:
            raise Unauthenticated("This service is not allowed to call this API.", error="invalid_token")
        return str(caller)
