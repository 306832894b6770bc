"""Members' access tokens (RFC 9068): signed with the current key, read with every key of the ring."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from platform_auth.authentication_methods import assurance_level
from platform_auth.keys.reloader import KeyRingReloader
from platform_common.tokens.access import ALGORITHM, TYPE, decode_access_token, unverified_kid
from platform_common.tokens.key_ring import LEEWAY_SECONDS


class TokenMalformed(Exception):
    """It is no token of ours: its form, signature, issuer, audience or claims are wrong."""


class UnknownKeyId(TokenMalformed):
    """The token's key is not in the ring: it was removed in an emergency, or never existed."""


class TokenExpired(Exception):
    """It was a token, and its time is over."""


@dataclass(frozen=True)
class AccessToken:
    """The claims of a verified access token. `expires_at` is when it stops being accepted (epoch seconds)."""

    member: str
    session: str
    roles: tuple[str, ...]
    expires_at: float


class AccessTokens:
    """Issues and reads the access tokens of `issuer` for `audience`."""

    def __init__(self, key_ring: KeyRingReloader, issuer: str, audience: str, now: Callable[[], float]) -> None:
        self._key_ring = key_ring
        self._issuer = issuer
        self._audience = audience
        self._now = now

    def issue(
        self, member: str, session: str, roles: tuple[str, ...], auth_time: int, amr: tuple[str, ...], lifetime: int
    ) -> str:
        """Return a token that is good for `lifetime` seconds."""
        issued_at = int(self._now())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": member,
            "sid": session,
            "roles": list(roles),
            "iat": issued_at,
            "exp": issued_at + lifetime,
            "auth_time": auth_time,
            "amr": list(amr),
            "acr": assurance_level(amr),
        }
        ring = self._key_ring.ring
        return jwt.encode(claims, ring.signing, ALGORITHM, headers={"kid": ring.signing_kid, "typ": TYPE})

    def read(self, token: str) -> AccessToken:
        """Return the claims of `token`. Raises TokenMalformed, UnknownKeyId, TokenExpired."""
        try:
            kid = unverified_kid(token)
            if not self._key_ring.knows(kid):
                self._refuse_unknown_key(token)
            claims = decode_access_token(token, self._key_ring.ring.public[kid], self._issuer, self._audience)
        except jwt.ExpiredSignatureError:
            raise TokenExpired from None
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise TokenMalformed from None
        expires_at = float(claims["exp"]) + LEEWAY_SECONDS
        if expires_at <= self._now():
            raise TokenExpired
        return _access_token(claims, expires_at)

    def _refuse_unknown_key(self, token: str) -> None:
        """Tell an old token, whose key has left the ring since, from one that was never ours; neither is accepted."""
        payload = token.split(".")[1]
        try:
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (ValueError, binascii.Error, RecursionError):
            raise TokenMalformed from None
        expires_at = claims.get("exp") if isinstance(claims, dict) else None
        if isinstance(expires_at, int | float) and expires_at + LEEWAY_SECONDS <= self._now():
            raise TokenExpired
        raise UnknownKeyId


def _access_token(claims: Mapping[str, Any], expires_at: float) -> AccessToken:
    return AccessToken(claims["sub"], claims["sid"], tuple(sorted(set(claims["roles"]))), expires_at)
