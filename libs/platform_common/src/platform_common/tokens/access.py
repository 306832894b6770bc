"""Members' access tokens (RFC 9068) and their verification in services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from platform_common.problems import Forbidden, Unauthenticated
from platform_common.tokens.key_ring import LEEWAY_SECONDS

# The one algorithm that is accepted (RFC 8725, section 3.1).
ALGORITHM = "EdDSA"
TYPE = "at+jwt"
# Longer ones are refused unread (bytes).
MAX_TOKEN_BYTES = 4096
_REQUIRED = ["iss", "aud", "sub", "sid", "roles", "iat", "exp", "auth_time", "amr"]


class PublicKeys(Protocol):
    """A source of public keys by `kid`."""

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """Return the key, or None when there is no such key."""


@dataclass(frozen=True)
class Principal:
    """Who calls: a member (`subject`), in which session, with which roles."""

    subject: str
    session: str
    roles: frozenset[str]
    auth_time: int
    amr: tuple[str, ...]

    @property
    def is_admin(self) -> bool:
        """Whether the caller may administer members."""
        return "admin" in self.roles

    def require_role(self, role: str) -> None:
        """Raise Forbidden unless the caller has `role`."""
        if role not in self.roles:
            raise Forbidden("Your account lacks the required role.")


class AccessTokenInvalid(Unauthenticated):
    """The token is malformed, expired, for someone else, or not signed by a key of the issuer."""

    code = "access-token-invalid"

    def __init__(self) -> None:
        super().__init__("The access token is not valid.", error="invalid_token")


class AccessTokenVerifier:
    """Accepts tokens of `issuer` for `audience`, signed by one of `keys`."""

    def __init__(self, keys: PublicKeys, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    async def principal(self, authorization: str | None) -> Principal:
        """Return the caller. Raises Unauthenticated without a token, AccessTokenInvalid for an invalid one."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("An access token is required.")
        return principal_of(await self.claims(token))

    async def claims(self, token: str) -> Mapping[str, Any]:
        """Return the verified claims of `token`. Raises AccessTokenInvalid."""
        try:
            kid = unverified_kid(token)
            key = await self._keys.key(kid)
            if key is None:
                raise AccessTokenInvalid
            return decode_access_token(token, key, self._issuer, self._audience)
        except jwt.PyJWTError:
            raise AccessTokenInvalid from None


def unverified_kid(token: str) -> str:
    """Return the `kid` of a token whose header is right in form. Raises jwt.PyJWTError."""
    if len(token) > MAX_TOKEN_BYTES:
        raise jwt.DecodeError("too long")
    header = jwt.get_unverified_header(token)
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or not isinstance(kid, str):
        raise jwt.DecodeError("not an access token of this platform")
    return kid


def decode_access_token(token: str, key: Ed25519PublicKey, issuer: str, audience: str) -> Mapping[str, Any]:
    """Return the claims of `token` after verifying signature, issuer, audience and times. Raises jwt.PyJWTError."""
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        issuer=issuer,
        audience=audience,
        leeway=LEEWAY_SECONDS,
        options={"require": _REQUIRED, "strict_aud": True},
    )
    roles, amr = claims["roles"], claims["amr"]
    strings_fit = all(isinstance(claims[name], str) for name in ("sub", "sid"))
    lists_fit = all(isinstance(items, list) and all(isinstance(i, str) for i in items) for items in (roles, amr))
    if not (strings_fit and lists_fit and isinstance(claims["auth_time"], int)):
        raise jwt.InvalidTokenError("claims of the wrong type")
    return claims


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """Return the principal that verified `claims` speak of."""
    return Principal(
        subject=claims["sub"],
        session=claims["sid"],
        roles=frozenset(claims["roles"]),
        auth_time=claims["auth_time"],
        amr=tuple(claims["amr"]),
    )
