"""Request fingerprints, which distinguish a repeat from another request under the same key."""

from __future__ import annotations

import hashlib
import hmac


def request_fingerprint(key: str, *parts: bytes) -> str:
    """Return a keyed hash (HMAC-SHA-256) of `parts`, each preceded by its length.

    Keyed, because a plain hash of a body that holds a password could be tried out like a weak password hash.
    """
    digest = hmac.new(key.encode(), digestmod=hashlib.sha256)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
