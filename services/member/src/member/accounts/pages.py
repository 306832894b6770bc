"""Keyset pages: a cursor says after which member the next page begins, so pages cost the same however deep."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from member.accounts.errors import CursorInvalid

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
# Says how the rest is to be read, should cursors ever hold something else.
_FORM = b"\x01"


def encode_cursor(last: UUID) -> str:
    """Return the cursor of the page that follows `last`."""
    return base64.urlsafe_b64encode(_FORM + last.bytes).decode().rstrip("=")


def decode_cursor(cursor: str) -> UUID:
    """Return the id after which the page begins. Raises CursorInvalid."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 17 or raw[:1] != _FORM:
        raise CursorInvalid("The cursor is not one that this list handed out.")
    return UUID(bytes=raw[1:])
