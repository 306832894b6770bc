"""Keyset pagination: a cursor identifies the row before a page, so pages cost the same at any depth."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from platform_common.problems import Problem

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
# Says how the rest is to be read, should cursors ever hold something else.
_FORM = b"\x01"


class CursorInvalid(Problem):
    """The cursor is not one that a page handed out."""

    code = "cursor-invalid"
    status = 422

    def __init__(self) -> None:
        super().__init__("The cursor was not issued by this list.")


def encode_cursor(last: UUID) -> str:
    """Return the cursor of the page that follows the row `last`."""
    return pack(_FORM + last.bytes)


def decode_cursor(cursor: str) -> UUID:
    """Return the id after which the page begins. Raises CursorInvalid."""
    raw = unpack(cursor)
    if len(raw) != 17 or raw[:1] != _FORM:
        raise CursorInvalid
    return UUID(bytes=raw[1:])


def pack(raw: bytes) -> str:
    """Return `raw` in characters that need no escape in a URL."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpack(cursor: str) -> bytes:
    """Return the values of a cursor. Raises CursorInvalid."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise CursorInvalid from None
