"""The ring of signing keys as files: auth reads them, the operator and `auth keys rotate` write them.

| file | the key in it |
|---|---|
| `current.pem` | signs, and is published |
| `next.pem` | is published, so that every service knows it before it signs |
| `retired-<epoch seconds>.pem` | signed until then; is published, and verifies what it signed |

Each of these holds one Ed25519 private key (PKCS 8, not encrypted); a retired one may hold the public key alone.
`sessions-until`, where it is there, holds a time (epoch seconds, decimal): sessions that began until then have ended.
"""

from __future__ import annotations

import base64
import hashlib
import json

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CURRENT = "current.pem"
NEXT = "next.pem"
RETIRED_PREFIX = "retired-"
RETIRED = f"{RETIRED_PREFIX}*.pem"
# Written where every key is replaced at once: a holder of an old key may have sessions too.
SESSIONS_UNTIL = "sessions-until"
# Allowed clock skew: tokens are accepted this long after they expire (seconds).
LEEWAY_SECONDS = 5
# How long others may keep the published document (seconds).
JWKS_MAX_AGE_SECONDS = 300


def new_key() -> bytes:
    """Return a new private key in the format of the ring's files."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_key(pem: bytes) -> Ed25519PrivateKey | Ed25519PublicKey:
    """Return the key in a file of the ring. Raises ValueError with a clause that states the problem."""
    try:
        if b"PRIVATE KEY" in pem:
            key: object = serialization.load_pem_private_key(pem, password=None)
        else:
            key = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is not an unencrypted PEM key") from None
    if not isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        raise ValueError("is not an Ed25519 key")  # noqa: TRY004 (one error for every unusable file)
    return key


def public_key_of(key: Ed25519PrivateKey | Ed25519PublicKey) -> Ed25519PublicKey:
    """Return the public half of `key`."""
    return key.public_key() if isinstance(key, Ed25519PrivateKey) else key


def thumbprint(key: Ed25519PublicKey) -> str:
    """Return the `kid` of `key` (RFC 7638, section 3)."""
    canonical = json.dumps(public_jwk(key), sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def public_jwk(key: Ed25519PublicKey) -> dict[str, str]:
    """Return the members of the JWK that identify the key (RFC 8037, section 2)."""
    return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(key.public_bytes_raw())}


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
