"""The ring of signing keys, read from a directory of the files described in platform_common.tokens.key_ring.

The next key is optional, and there may be any number of retired ones. A key's `kid` is its thumbprint (RFC 7638):
files are renamed, never rewritten, when a key changes its state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from platform_common.tokens.access import ALGORITHM
from platform_common.tokens.key_ring import (
    CURRENT,
    NEXT,
    RETIRED,
    SESSIONS_UNTIL,
    load_key,
    public_jwk,
    public_key_of,
    thumbprint,
)

# Digits of a time in seconds; more is no time.
LONGEST_TIME = 12


class InvalidKeyRing(Exception):
    """The directory contains no valid ring; the message is a clause with the reason, without key material."""


class KeyState(StrEnum):
    """What a key is used for; the order is that of the published document."""

    CURRENT = "current"
    NEXT = "next"
    RETIRED = "retired"


@dataclass(frozen=True)
class VerificationKey:
    """One key of the ring."""

    kid: str
    state: KeyState
    public: Ed25519PublicKey
    file: str

    def jwk(self) -> dict[str, str]:
        """Return the published form (RFC 8037)."""
        return public_jwk(self.public) | {"kid": self.kid, "alg": ALGORITHM, "use": "sig"}


@dataclass(frozen=True)
class KeyRing:
    """The keys of one reading of the directory. `signing` belongs to `keys[0]`, the current one.

    Sessions that began at `sessions_until` (epoch seconds) or before have ended with the keys of then.
    """

    signing: Ed25519PrivateKey
    keys: tuple[VerificationKey, ...]
    sessions_until: int = 0

    @property
    def signing_kid(self) -> str:
        """The `kid` of the current signing key."""
        return self.keys[0].kid

    @cached_property
    def public(self) -> dict[str, Ed25519PublicKey]:
        """Every key that verifies, by `kid`."""
        return {key.kid: key.public for key in self.keys}

    @cached_property
    def jwks(self) -> dict[str, Any]:
        """The published document (RFC 7517, section 5)."""
        return {"keys": [key.jwk() for key in self.keys]}


def load_ring(directory: Path) -> KeyRing:
    """Read the ring in `directory`. Raises InvalidKeyRing."""
    folder = _one_version(directory)
    current = folder / CURRENT
    if not current.is_file():
        raise InvalidKeyRing(f"holds no {CURRENT}")
    signing = _load(current)
    if not isinstance(signing, Ed25519PrivateKey):
        raise InvalidKeyRing(f"has no private key in {CURRENT}")
    keys = [_ring_key(signing, KeyState.CURRENT, CURRENT)]
    if (folder / NEXT).is_file():
        keys.append(_ring_key(_load(folder / NEXT), KeyState.NEXT, NEXT))
    keys += [_ring_key(_load(path), KeyState.RETIRED, path.name) for path in sorted(folder.glob(RETIRED))]
    # During a rotation one key may be in two files: its first state counts.
    by_kid: dict[str, VerificationKey] = {}
    for key in keys:
        by_kid.setdefault(key.kid, key)
    return KeyRing(signing, tuple(by_kid.values()), _sessions_until(folder / SESSIONS_UNTIL))


def directory_signature(directory: Path) -> tuple[object, ...]:
    """Return a signature of the ring's files that changes when they do; reads only names and times."""
    folder = _one_version(directory)
    try:
        paths = [*folder.glob("*.pem"), *folder.glob(SESSIONS_UNTIL)]
        entries = [(path.name, path.stat()) for path in paths]
    except OSError:
        return (str(folder), None)
    files = sorted((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in entries)
    return (str(folder), *files)


def _one_version(directory: Path) -> Path:
    # A mounted Secret swaps the link `..data` to a new folder: all files are read through one resolution of it.
    data = directory / "..data"
    try:
        return data.resolve(strict=True) if data.exists() else directory
    except OSError:
        return directory


def _sessions_until(path: Path) -> int:
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return 0
    except (OSError, UnicodeDecodeError):
        raise InvalidKeyRing(f"has an unreadable file {path.name}") from None
    if not text.isdecimal() or len(text) > LONGEST_TIME:
        raise InvalidKeyRing(f"has no time in {path.name}: decimal seconds since the epoch")
    return int(text)


def _load(path: Path) -> Ed25519PrivateKey | Ed25519PublicKey:
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise InvalidKeyRing(f"has an unreadable file {path.name} ({error.strerror})") from None
    try:
        return load_key(pem)
    except ValueError as fault:
        raise InvalidKeyRing(f"has a file {path.name} that {fault}") from None


def _ring_key(key: Ed25519PrivateKey | Ed25519PublicKey, state: KeyState, file: str) -> VerificationKey:
    public = public_key_of(key)
    return VerificationKey(thumbprint(public), state, public, file)
