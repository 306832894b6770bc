"""How much stock unpaid orders may reserve: bounded for a member, and for all members behind one address."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from platform_shop.config import UnpaidSettings
from platform_shop.orders import repository
from platform_shop.orders.errors import TooManyUnpaidOrders
from platform_shop.orders.models import Order

# Keeps these hashes apart from any other use of the key.
_CONTEXT = b"shop order origin v1:"


@dataclass(frozen=True)
class UnpaidLimit:
    """How many unpaid orders are allowed, and how many pieces they may reserve together."""

    orders: int
    pieces: int


class UnpaidLimits:
    """Rejects an order that would exceed the limits of a client's unpaid orders."""

    def __init__(self, settings: UnpaidSettings) -> None:
        self._settings = settings
        self._key = settings.cart_key.get_secret_value().encode()

    def origin(self, address_block: str) -> str:
        """Return the keyed hash of the client's address that an order keeps until it is paid."""
        return hmac.new(self._key, _CONTEXT + address_block.encode(), hashlib.sha256).hexdigest()[:32]

    async def check(self, session: AsyncSession, member_id: UUID, origin: str, pieces: int) -> None:
        """Raise TooManyUnpaidOrders unless an order of so many pieces may be added.

        Orders of one origin are serialized by a lock until the transaction ends, those of one member by the lock on
        its cart.
        """
        await repository.lock_origin(session, origin)
        settings = self._settings
        own = UnpaidLimit(settings.unpaid_orders_per_member, settings.unpaid_pieces_per_member)
        shared = UnpaidLimit(settings.unpaid_orders_per_address, settings.unpaid_pieces_per_address)
        await _check(session, Order.member_id == member_id, own, pieces)
        await _check(session, Order.origin == origin, shared, pieces)


async def _check(session: AsyncSession, condition: ColumnElement[bool], limit: UnpaidLimit, pieces: int) -> None:
    orders, reserved = await repository.count_unpaid(session, condition)
    if orders >= limit.orders or reserved + pieces > limit.pieces:
        raise TooManyUnpaidOrders(limit.orders, limit.pieces)
