"""CSRF tokens of forms (ASVS 3.5.1).

A host-only cookie holds a random secret. Each form carries an HMAC of its holder under that secret, masked with random
bytes so that the length of a compressed page reveals nothing (BREACH). Replicas need no shared key. The holder is the
session the form was rendered for: a page left over from another session of the same browser is rejected.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets

COOKIE = "form"
FIELD = "form_token"
_BYTES = 18
_TOKEN_BYTES = 32


def new_secret() -> str:
    """Return a new secret for the cookie."""
    return secrets.token_urlsafe(_BYTES)


def token_for(secret: str, holder: str) -> str:
    """Return a token for a form of `holder` in the browser with the cookie `secret`."""
    plain = _token_value(secret, holder)
    mask = secrets.token_bytes(len(plain))
    masked = bytes(a ^ b for a, b in zip(plain, mask, strict=True))
    return base64.urlsafe_b64encode(mask + masked).decode()


def is_token_of(token: str, secret: str, holder: str) -> bool:
    """Whether `token` was created for `holder` with `secret`."""
    both = _decoded(token)
    if not is_secret(secret) or len(both) != 2 * _TOKEN_BYTES:
        return False
    unmasked = bytes(a ^ b for a, b in zip(both[:_TOKEN_BYTES], both[_TOKEN_BYTES:], strict=True))
    return hmac.compare_digest(unmasked, _token_value(secret, holder))


def is_secret(value: str) -> bool:
    """Whether `value` has the format of a secret."""
    return len(_decoded(value)) == _BYTES


def _token_value(secret: str, holder: str) -> bytes:
    return hmac.digest(_decoded(secret), holder.encode(), "sha256")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
