"""The secrets in mails. They are derived from the confirmation's id and a key, so that the database holds none of them.

A mail that is rendered again, because it has to be sent again, has the same link and the same code.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

_ID_BYTES = 16
_MAC_BYTES = 24
_LABEL = b"member-platform member: confirmations\0"
CODE_DIGITS = 6


class ConfirmationSecrets:
    """Derives links' tokens and codes from `key`, a secret of member's; with a new one, older ones are invalid."""

    def __init__(self, key: str) -> None:
        self._key = hmac.digest(key.encode(), _LABEL, hashlib.sha256)

    def link_token(self, confirmation: UUID) -> str:
        """Return the token of a link (192 bits)."""
        token = confirmation.bytes + self._mac(b"link", confirmation)[:_MAC_BYTES]
        return base64.urlsafe_b64encode(token).decode().rstrip("=")

    def code(self, confirmation: UUID) -> str:
        """Return the code of six digits."""
        number = int.from_bytes(self._mac(b"code", confirmation)) % 10**CODE_DIGITS
        return f"{number:0{CODE_DIGITS}}"

    def read_link_token(self, token: str) -> UUID | None:
        """Return the confirmation that a link's token belongs to, or None for a token that is not ours."""
        try:
            read = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        if len(read) != _ID_BYTES + _MAC_BYTES:
            return None
        confirmation = UUID(bytes=read[:_ID_BYTES])
        return confirmation if hmac.compare_digest(self.link_token(confirmation).encode(), token.encode()) else None

    def is_code(self, confirmation: UUID, presented: str) -> bool:
        """Return whether `presented` is the confirmation's code, in constant time."""
        return hmac.compare_digest(self.code(confirmation).encode(), presented.encode())

    def _mac(self, purpose: bytes, confirmation: UUID) -> bytes:
        return hmac.digest(self._key, purpose + confirmation.bytes, hashlib.sha256)
