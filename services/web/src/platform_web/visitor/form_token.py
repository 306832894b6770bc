"""Cross-site request forgery, the second lock: a form carries what only our own page could have read (ASVS 3.5.1).

A random value is in a cookie of this host alone. Each form carries an HMAC of its holder under that value, masked
differently each time: a page that is compressed gives nothing away by its length. No key is needed, so replicas need
to share none. The holder is whom the form was made for, usually one session: a page that is left over from another
session of the same browser can do nothing in this one.
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
    """Return a fresh value for the cookie."""
    return secrets.token_urlsafe(_BYTES)


def token_for(secret: str, holder: str) -> str:
    """Return a token for a form of `holder`, in the browser whose cookie holds `secret`."""
    plain = _bound(secret, holder)
    mask = secrets.token_bytes(len(plain))
    masked = bytes(a ^ b for a, b in zip(plain, mask, strict=True))
    return base64.urlsafe_b64encode(mask + masked).decode()


def is_token_of(token: str, secret: str, holder: str) -> bool:
    """Whether `token` was made for `holder` with `secret`."""
    both = _decoded(token)
    if not is_secret(secret) or len(both) != 2 * _TOKEN_BYTES:
        return False
    unmasked = bytes(a ^ b for a, b in zip(both[:_TOKEN_BYTES], both[_TOKEN_BYTES:], strict=True))
    return hmac.compare_digest(unmasked, _bound(secret, holder))


def is_secret(value: str) -> bool:
    """Whether a cookie's value has the form of one of ours."""
    return len(_decoded(value)) == _BYTES


def _bound(secret: str, holder: str) -> bytes:
    return hmac.digest(_decoded(secret), holder.encode(), "sha256")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
