"""Transitions of an order's state, with its stock and payment. The caller has locked the order's row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

import structlog
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from platform_shop.catalogue import repository as catalogue
from platform_shop.orders.errors import OrderStateConflict
from platform_shop.orders.models import Order, OrderState, OrderStatusChange
from platform_shop.payments.models import Payment, PaymentState
from platform_shop.payments.topics import PUBLISHER, Topic

TRANSITIONS: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.PENDING: frozenset({OrderState.PAID, OrderState.CANCELLED}),
    OrderState.PAID: frozenset({OrderState.SHIPPED, OrderState.CANCELLED}),
    OrderState.SHIPPED: frozenset({OrderState.DELIVERED}),
    OrderState.DELIVERED: frozenset(),
    OrderState.CANCELLED: frozenset(),
}

log = structlog.get_logger(__name__)


async def transition(session: AsyncSession, order: Order, state: OrderState) -> None:
    """Set a locked order to `state`; a cancelled one returns its stock. Raises OrderStateConflict."""
    if state not in TRANSITIONS[OrderState(order.state)]:
        raise OrderStateConflict(f"An order that is {order.state} cannot be {state}.")
    if state is OrderState.CANCELLED:
        await _return_stock(session, order)
    order.state = state
    order.origin = None
    order.history.append(OrderStatusChange(order_id=order.id, position=len(order.history) + 1, state=state))
    await bump_version(session, order)
    log.info("order_status_changed", order_id=str(order.id), state=state)


async def cancel(session: AsyncSession, order: Order) -> None:
    """Cancel a locked order: return its stock, refund its payment. Raises OrderStateConflict."""
    await transition(session, order, OrderState.CANCELLED)
    payment = order.payment
    if payment.state == PaymentState.PENDING:
        payment.finish(PaymentState.CANCELLED)
    elif payment.state == PaymentState.FAILED:
        payment.finish(PaymentState.FAILED)
    elif payment.state == PaymentState.PAID:
        await request_refund(session, payment)
    await session.flush()


async def request_refund(session: AsyncSession, payment: Payment) -> None:
    """Request a payment's refund from its provider."""
    payment.finish(PaymentState.REFUNDING)
    await PUBLISHER.publish(session, Topic.REFUND_REQUESTED, {"payment_id": str(payment.id)})


async def bump_version(session: AsyncSession, order: Order) -> None:
    """Increment the version of a changed order."""
    order.version += 1
    # The statement's time, not the transaction's: a later change never looks older.
    order.updated_at = func.clock_timestamp()
    await session.flush()


async def _return_stock(session: AsyncSession, order: Order) -> None:
    pieces: Counter[UUID] = Counter()
    for line in order.lines:
        pieces[line.variant_id] += line.quantity
    # Deleted variants have no stock.
    for variant_id in await catalogue.lock_variants(session, pieces):
        await catalogue.add_stock(session, variant_id, pieces[variant_id])
