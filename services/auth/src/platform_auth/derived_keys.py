"""Keys for single purposes, derived from the service-token key, so that there is only one secret to manage."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive_key(secret: str, purpose: str) -> bytes:
    """Return the key for `purpose` (RFC 5869); keys of different purposes are independent."""
    label = f"member-platform auth: {purpose}".encode()
    return HKDF(SHA256(), length=32, salt=None, info=label).derive(secret.encode())


def keyed_digest(key: bytes, *parts: bytes) -> bytes:
    """Return HMAC-SHA-256 of `parts`, each preceded by its length, so that the input is unambiguous."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def keyed_hash(key: bytes, *parts: bytes) -> str:
    """Return `keyed_digest` in hex."""
    return keyed_digest(key, *parts).hex()
