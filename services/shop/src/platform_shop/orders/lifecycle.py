"""How an order moves from state to state, and its stock and payment with it. Whoever moves an order holds its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from platform_shop.catalogue.models import Product, Variant
from platform_shop.orders.errors import OrderStateConflict
from platform_shop.orders.models import Order, OrderState, OrderStatusChange
from platform_shop.payments.models import Payment, PaymentState
from platform_shop.payments.topics import PUBLISHER, Topic

FOLLOWING: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.PENDING: frozenset({OrderState.PAID, OrderState.CANCELLED}),
    OrderState.PAID: frozenset({OrderState.SHIPPED, OrderState.CANCELLED}),
    OrderState.SHIPPED: frozenset({OrderState.DELIVERED}),
    OrderState.DELIVERED: frozenset(),
    OrderState.CANCELLED: frozenset(),
}

log = structlog.get_logger(__name__)


async def hold(session: AsyncSession, order_id: UUID) -> Order | None:
    """Return an order with all that belongs to it, as it is now, locked until the transaction ends."""
    statement = (
        select(Order)
        .where(Order.id == order_id)
        .options(selectinload(Order.lines), selectinload(Order.steps), selectinload(Order.payments))
        .with_for_update(of=Order)
    )
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()


async def hold_variants(session: AsyncSession, variant_ids: Iterable[UUID]) -> dict[UUID, Variant]:
    """Return variants with their products, as they are now, locked until the transaction ends.

    Everybody takes these locks in the order of the ids, so two that need the same ones never wait for each other. The
    products come first: a change of stock may change their mark.
    """
    variant_ids = list(variant_ids)
    products = select(Variant.product_id).where(Variant.id.in_(variant_ids))
    await session.execute(
        select(Product.id).where(Product.id.in_(products)).order_by(Product.id).with_for_update(key_share=True)
    )
    statement = (
        select(Variant)
        .join(Variant.product)
        .options(contains_eager(Variant.product))
        .where(Variant.id.in_(variant_ids))
        .order_by(Variant.id)
        .with_for_update(of=Variant)
    )
    rows: Sequence[Variant] = (
        (await session.execute(statement.execution_options(populate_existing=True))).scalars().all()
    )
    return {variant.id: variant for variant in rows}


async def move(session: AsyncSession, order: Order, state: OrderState) -> None:
    """Bring a held order into `state`; a cancelled one gives its stock back. Raises OrderStateConflict."""
    if state not in FOLLOWING[OrderState(order.state)]:
        raise OrderStateConflict(f"An order that is {order.state} cannot be {state}.")
    if state is OrderState.CANCELLED:
        await _return_stock(session, order)
    order.state = state
    order.origin = None
    order.steps.append(OrderStatusChange(order_id=order.id, position=len(order.steps) + 1, state=state))
    await touch(session, order)
    log.info("order_status_changed", order_id=str(order.id), state=state)


async def cancel(session: AsyncSession, order: Order) -> None:
    """Cancel a held order: its stock is for sale again, its money goes back. Raises OrderStateConflict."""
    await move(session, order, OrderState.CANCELLED)
    payment = order.payment
    if payment.state == PaymentState.PENDING:
        payment.finish(PaymentState.CANCELLED)
    elif payment.state == PaymentState.FAILED:
        payment.finish(PaymentState.FAILED)
    elif payment.state == PaymentState.PAID:
        await give_back(session, payment)
    await session.flush()


async def give_back(session: AsyncSession, payment: Payment) -> None:
    """Let the provider give a payment's money back."""
    payment.finish(PaymentState.REFUNDING)
    await PUBLISHER.publish(session, Topic.REFUND_REQUESTED, {"payment_id": str(payment.id)})


async def touch(session: AsyncSession, order: Order) -> None:
    """Note that an order says something else than before."""
    order.version += 1
    # The statement's time, not the transaction's: a later change never looks older.
    order.updated_at = func.clock_timestamp()
    await session.flush()


async def _return_stock(session: AsyncSession, order: Order) -> None:
    pieces: Counter[UUID] = Counter()
    for line in order.lines:
        pieces[line.variant_id] += line.quantity
    # What is not sold any more has no stock.
    for variant_id in await hold_variants(session, pieces):
        await session.execute(
            update(Variant)
            .where(Variant.id == variant_id)
            .values(stock=Variant.stock + pieces[variant_id])
            .execution_options(synchronize_session=False)
        )
