"""Secrets of factors as the database holds them: encrypted under a ring of keys, and bound to their member."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_LABEL = b"member-platform member: secrets of second factors"


class SecretUnreadable(Exception):
    """No key of the ring decrypts the secret, or it is another member's."""


class SecretEncryption:
    """Encrypts with the first of `keys` and decrypts with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key)) for key in keys])

    def encrypt(self, member_id: UUID, secret: str) -> bytes:
        """Return the stored form of a member's secret."""
        return self._fernet.encrypt(member_id.bytes + secret.encode())

    def decrypt(self, member_id: UUID, stored: bytes) -> str:
        """Return the member's secret. Raises SecretUnreadable."""
        try:
            plain = self._fernet.decrypt(stored)
        except InvalidToken:
            raise SecretUnreadable("no key of MEMBER_FACTOR_KEYS decrypts it") from None
        # A row that was copied from one member to another gives its holder no factor of the other.
        if plain[:16] != member_id.bytes:
            raise SecretUnreadable("it belongs to another member")
        return plain[16:].decode()


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(HKDF(SHA256(), length=32, salt=None, info=_LABEL).derive(key.encode()))
