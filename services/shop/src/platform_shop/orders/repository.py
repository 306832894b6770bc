"""Statements on orders. A change of an order locks its row first. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, distinct, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from platform_shop.orders.models import Order, OrderLine, OrderState

WHOLE = (selectinload(Order.lines), selectinload(Order.history), selectinload(Order.payments))


async def find(session: AsyncSession, order_id: UUID) -> Order | None:
    """Return an order with all that belongs to it."""
    statement = select(Order).where(Order.id == order_id).options(*WHOLE)
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()


async def lock_order(session: AsyncSession, order_id: UUID) -> Order | None:
    """Return an order with all that belongs to it, as it is now, locked until the transaction ends."""
    statement = select(Order).where(Order.id == order_id).options(*WHOLE).with_for_update(of=Order)
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()


async def lock_origin(session: AsyncSession, origin: str) -> None:
    """Serialize the orders of one origin until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(origin, 0))))


async def count_unpaid(session: AsyncSession, condition: ColumnElement[bool]) -> tuple[int, int]:
    """Return how many unpaid orders match `condition`, and how many pieces they reserve."""
    statement = (
        select(func.count(distinct(Order.id)), func.coalesce(func.sum(OrderLine.quantity), 0))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(condition, Order.state == OrderState.PENDING)
    )
    orders, pieces = (await session.execute(statement)).one()
    return orders, pieces


async def list_orders(
    session: AsyncSession, *, member_id: UUID | None, state: str | None, after: UUID | None, limit: int
) -> Sequence[Order]:
    """Return up to `limit` orders older than `after`, newest first: a member's, or every member's."""
    statement = select(Order).options(*WHOLE).order_by(Order.id.desc()).limit(limit)
    if member_id is not None:
        statement = statement.where(Order.member_id == member_id)
    if state is not None:
        statement = statement.where(Order.state == state)
    if after is not None:
        statement = statement.where(Order.id < after)
    return (await session.execute(statement)).scalars().all()


async def find_open(session: AsyncSession, member_id: UUID) -> Sequence[UUID]:
    """Return a member's orders that are not shipped yet."""
    statement = (
        select(Order.id)
        .where(Order.member_id == member_id, Order.state.in_([OrderState.PENDING, OrderState.PAID]))
        .order_by(Order.id)
    )
    return (await session.execute(statement)).scalars().all()


async def make_anonymous(session: AsyncSession, member_id: UUID) -> None:
    """Take a member's name and address off all of its orders."""
    await session.execute(
        update(Order)
        .where(Order.member_id == member_id)
        .values(member_id=None, address=None)
        .execution_options(synchronize_session=False)
    )
