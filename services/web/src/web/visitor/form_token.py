"""Cross-site request forgery, the second lock: a form carries what only our own page could have read (ASVS 3.5.1).

A random value is in a cookie of this host alone, and in each form, differently masked each time: a page that is
compressed gives nothing away by its length. No key is needed, so replicas need to share none.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets

COOKIE = "form"
FIELD = "form_token"
_BYTES = 18


def new_secret() -> str:
    """Return a fresh value for the cookie."""
    return secrets.token_urlsafe(_BYTES)


def token_for(secret: str) -> str:
    """Return a token for a form of the visitor whose cookie holds `secret`."""
    plain = _decoded(secret)
    mask = secrets.token_bytes(len(plain))
    masked = bytes(a ^ b for a, b in zip(plain, mask, strict=True))
    return base64.urlsafe_b64encode(mask + masked).decode()


def is_token_of(token: str, secret: str) -> bool:
    """Whether `token` was made for `secret`."""
    plain, both = _decoded(secret), _decoded(token)
    if len(plain) != _BYTES or len(both) != 2 * _BYTES:
        return False
    unmasked = bytes(a ^ b for a, b in zip(both[:_BYTES], both[_BYTES:], strict=True))
    return hmac.compare_digest(unmasked, plain)


def is_secret(value: str) -> bool:
    """Whether a cookie's value has the form of one of ours."""
    return len(_decoded(value)) == _BYTES


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
