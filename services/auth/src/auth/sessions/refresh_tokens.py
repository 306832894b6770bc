"""Refresh tokens: 256 random bits, known to the store by their SHA-256 alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TOKEN_BYTES = 32
# What clients send may not be longer than this (characters); ours have 43.
MAX_TOKEN_LENGTH = 256
_NONCE_BYTES = 12
_TIME_BYTES = 8


@dataclass(frozen=True)
class Successor:
    """What took the place of a rotated token, and when (epoch seconds)."""

    token: str
    rotated_at: int


def new_refresh_token() -> str:
    """Return a fresh token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return the name by which the store knows `token` (SHA-256, hex); of 256 random bits it tells nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def seal_successor(presented: str, successor: Successor) -> bytes:
    """Encrypt `successor` so that only who holds `presented` can read it."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    plain = successor.rotated_at.to_bytes(_TIME_BYTES, "big") + successor.token.encode()
    return nonce + AESGCM(_sealing_key(presented)).encrypt(nonce, plain, None)


def open_successor(presented: str, sealed: bytes) -> Successor | None:
    """Decrypt what `seal_successor` made for `presented`; None for anything else."""
    try:
        plain = AESGCM(_sealing_key(presented)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    except (InvalidTag, ValueError):
        return None
    return Successor(plain[_TIME_BYTES:].decode(), int.from_bytes(plain[:_TIME_BYTES], "big"))


def _sealing_key(presented: str) -> bytes:
    # The store knows the token's plain SHA-256: this derivation has a label of its own, so that the one does not
    # lead to the other.
    return HKDF(SHA256(), length=32, salt=None, info=b"refresh token successor").derive(presented.encode())
