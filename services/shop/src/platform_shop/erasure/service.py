"""What is left of a member that was deleted: orders without a name."""

from __future__ import annotations

from uuid import UUID

import structlog
import uuid_utils.compat
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from platform_database.idempotency.store import IdempotencyStore
from platform_shop.cart import repository as carts
from platform_shop.cart.models import ErasedMember
from platform_shop.cart.visitors import Visitor
from platform_shop.orders import lifecycle
from platform_shop.orders import repository as orders

log = structlog.get_logger(__name__)


class Erasure:
    """Forgets members."""

    def __init__(self, idempotency: IdempotencyStore) -> None:
        self._idempotency = idempotency

    async def erase(self, session: AsyncSession, member_id: UUID) -> None:
        """Drop the member's cart and recorded answers, cancel what is not on its way, and take its name off the rest.

        Its cart is held first, as by everybody who writes for the member: what was under way is seen here, and what
        comes after finds that the member is gone. Done twice, it does nothing more.
        """
        cart = await carts.hold(session, Visitor(member_id, uuid_utils.compat.uuid7(), is_new=True))
        await session.execute(insert(ErasedMember).values(member_id=member_id).on_conflict_do_nothing())
        await self._cancel_open_orders(session, member_id)
        await orders.make_anonymous(session, member_id)
        await self._idempotency.forget(session, str(member_id))
        await session.delete(cart)
        await session.flush()
        log.info("member_erased", member_id=str(member_id))

    async def _cancel_open_orders(self, session: AsyncSession, member_id: UUID) -> None:
        held = [await lifecycle.hold(session, order_id) for order_id in await orders.open_orders(session, member_id)]
        still_open = [order for order in held if order is not None and order.is_open]
        # All of their rows before the first changes: order by order, we and a buyer could wait for each other.
        await lifecycle.hold_variants(session, {line.variant_id for order in still_open for line in order.lines})
        for order in still_open:
            await lifecycle.cancel(session, order)
