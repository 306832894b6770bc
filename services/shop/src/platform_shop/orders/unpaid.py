"""How much stock unpaid orders may reserve: bounded for a member, and for all members behind one address."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from platform_shop.config import UnpaidSettings
from platform_shop.orders.errors import TooManyUnpaidOrders
from platform_shop.orders.models import Order, OrderLine, OrderState

# Keeps these hashes apart from any other use of the key.
_CONTEXT = b"shop order origin v1:"


@dataclass(frozen=True)
class Bound:
    """How many unpaid orders there may be, and how many pieces they may hold together."""

    orders: int
    pieces: int


class UnpaidLimits:
    """Refuses an order that would make a client's unpaid orders too many or too large."""

    def __init__(self, settings: UnpaidSettings) -> None:
        self._settings = settings
        self._key = settings.cart_key.get_secret_value().encode()

    def origin(self, address_block: str) -> str:
        """Return what an order keeps of its client's address until it is paid: a keyed hash."""
        return hmac.new(self._key, _CONTEXT + address_block.encode(), hashlib.sha256).hexdigest()[:32]

    async def check(self, session: AsyncSession, member_id: UUID, origin: str, pieces: int) -> None:
        """Raise TooManyUnpaidOrders unless an order of so many pieces may be added.

        Orders of one origin are checked one after another, until the transaction ends; those of one member are so by
        its cart, which is held.
        """
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(origin, 0))))
        settings = self._settings
        own = Bound(settings.unpaid_orders_per_member, settings.unpaid_pieces_per_member)
        shared = Bound(settings.unpaid_orders_per_address, settings.unpaid_pieces_per_address)
        await _check(session, Order.member_id == member_id, own, pieces)
        await _check(session, Order.origin == origin, shared, pieces)


async def _check(session: AsyncSession, whose: ColumnElement[bool], bound: Bound, pieces: int) -> None:
    statement = (
        select(func.count(distinct(Order.id)), func.coalesce(func.sum(OrderLine.quantity), 0))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(whose, Order.state == OrderState.PENDING)
    )
    orders, reserved = (await session.execute(statement)).one()
    if orders >= bound.orders or reserved + pieces > bound.pieces:
        raise TooManyUnpaidOrders(bound.orders, bound.pieces)
