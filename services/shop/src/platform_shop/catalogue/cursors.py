"""Cursors of the product list: where a page begins, in the order and the search that it belongs to."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import astuple, dataclass
from enum import StrEnum
from uuid import UUID

from platform_common.pagination import CursorInvalid, pack, unpack

_FORM = b"\x02"
_DIGEST = 8
_LENGTH = len(_FORM) + _DIGEST + 8 + 16


class Sort(StrEnum):
    """The sort orders of products."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    PRICE_ASCENDING = "price"
    PRICE_DESCENDING = "-price"


@dataclass(frozen=True)
class Filters:
    """What a list is limited to."""

    q: str | None = None
    category: str | None = None
    min_price: int | None = None
    max_price: int | None = None
    in_stock: bool = False

    def digest(self, sort: Sort) -> bytes:
        """Return an identifier of this list."""
        return hashlib.sha256(repr((sort.value, astuple(self))).encode()).digest()[:_DIGEST]


@dataclass(frozen=True)
class Position:
    """The last row of a page: its sort value and its id."""

    value: int
    id: UUID


def encode_position(place: Position, filters: Filters, sort: Sort) -> str:
    """Return the cursor of the page that follows `place`."""
    return pack(_FORM + filters.digest(sort) + struct.pack(">q", place.value) + place.id.bytes)


def decode_position(cursor: str, filters: Filters, sort: Sort) -> Position:
    """Return where the page begins. Raises CursorInvalid, also for a cursor of another list."""
    raw = unpack(cursor)
    if len(raw) != _LENGTH or not raw.startswith(_FORM + filters.digest(sort)):
        raise CursorInvalid
    rest = raw[len(_FORM) + _DIGEST :]
    return Position(struct.unpack(">q", rest[:8])[0], UUID(bytes=rest[8:]))
