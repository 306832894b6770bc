"""Erase a deleted member: delete its cart, anonymize its orders."""

from __future__ import annotations

from uuid import UUID

import structlog
import uuid_utils.compat
from sqlalchemy.ext.asyncio import AsyncSession

from platform_database.idempotency.store import IdempotencyStore
from platform_shop.cart import repository as carts
from platform_shop.cart.visitors import Visitor
from platform_shop.catalogue import repository as catalogue
from platform_shop.orders import lifecycle
from platform_shop.orders import repository as orders

log = structlog.get_logger(__name__)


class Erasure:
    """Erases members."""

    def __init__(self, idempotency: IdempotencyStore) -> None:
        self._idempotency = idempotency

    async def erase(self, session: AsyncSession, member_id: UUID) -> None:
        """Delete the member's cart and recorded responses, cancel its open orders, and anonymize the others.

        Its cart is locked first, as by every write for the member: earlier writes are visible here, and later ones
        find the member erased. Idempotent.
        """
        cart = await carts.lock_cart(session, Visitor(member_id, uuid_utils.compat.uuid7(), is_new=True))
        await carts.mark_erased(session, member_id)
        await self._cancel_open_orders(session, member_id)
        await orders.make_anonymous(session, member_id)
        await self._idempotency.forget(session, str(member_id))
        await session.delete(cart)
        await session.flush()
        log.info("member_erased", member_id=str(member_id))

    async def _cancel_open_orders(self, session: AsyncSession, member_id: UUID) -> None:
        order_ids = await orders.find_open(session, member_id)
        locked = [await orders.lock_order(session, order_id) for order_id in order_ids]
        still_open = [order for order in locked if order is not None and order.is_open]
        # Lock all rows before the first change: locked order by order, this and a purchase could deadlock.
        await catalogue.lock_variants(session, {line.variant_id for order in still_open for line in order.lines})
        for order in still_open:
            await lifecycle.cancel(session, order)
