"""Refresh tokens: a session's id, 256 secret bits and a tag, as base64url.

The store knows the SHA-256 of the one token that is current. The tag proves that auth issued a token, so every earlier
token of a session is recognised for as long as the session lives, and none of them needs a key in the store.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from uuid import UUID

from platform_auth.derived_keys import derive_key, keyed_digest

_SESSION_BYTES = 16
_SECRET_BYTES = 32
# Makes the length a multiple of three, so that base64 has exactly one spelling of each token.
_TAG_BYTES = 18
_SALT_BYTES = 16

_FORM = re.compile(r"[A-Za-z0-9_-]{88}")

# The longest token that is looked at (characters).
MAX_TOKEN_LENGTH = 256


def token_hash(token: str) -> str:
    """Return the stored identifier of `token` (SHA-256, hex)."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_salt() -> str:
    """Return the salt of one rotation."""
    return secrets.token_urlsafe(_SALT_BYTES)


def parse_session_id(token: str) -> str | None:
    """Return the id of the session that `token` names; None when it is not a refresh token."""
    raw = _decoded(token)
    return str(UUID(bytes=raw[:_SESSION_BYTES])) if raw else None


class RefreshTokens:
    """Issues refresh tokens under keys derived from `secret`."""

    def __init__(self, secret: str) -> None:
        self._tag_key = derive_key(secret, "refresh token tags")
        self._successor_key = derive_key(secret, "refresh token successors")

    def first(self, session_id: str) -> str:
        """Return the first token of a session."""
        return self._token(UUID(session_id).bytes, secrets.token_bytes(_SECRET_BYTES))

    def successor(self, token: str, salt: str) -> str:
        """Return the token that replaces `token` in the rotation with `salt`: always the same one.

        So parallel and repeated calls agree without the successor being stored. It takes the token, the session's
        record and this service's key to compute; none of them alone, nor two of them, are of any use.
        """
        raw = _decoded(token)
        secret = keyed_digest(self._successor_key, raw, salt.encode())
        return self._token(raw[:_SESSION_BYTES], secret)

    def issued(self, token: str) -> bool:
        """Say whether `token` was issued under the present key, ever."""
        raw = _decoded(token)
        body, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
        return bool(raw) and hmac.compare_digest(tag, self._tag(body))

    def _token(self, session: bytes, secret: bytes) -> str:
        body = session + secret
        return base64.urlsafe_b64encode(body + self._tag(body)).decode()

    def _tag(self, body: bytes) -> bytes:
        return keyed_digest(self._tag_key, body)[:_TAG_BYTES]


def _decoded(token: str) -> bytes:
    """Return the bytes of `token`, or none when it does not have the form of a refresh token."""
    return base64.urlsafe_b64decode(token) if _FORM.fullmatch(token) else b""
