"""Statements on orders that only read, and those that forget. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from platform_shop.orders.models import Order, OrderState

WHOLE = (selectinload(Order.lines), selectinload(Order.steps), selectinload(Order.payments))


async def find(session: AsyncSession, order_id: UUID) -> Order | None:
    """Return an order with all that belongs to it."""
    statement = select(Order).where(Order.id == order_id).options(*WHOLE)
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()


async def page(
    session: AsyncSession, *, member_id: UUID | None, state: str | None, after: UUID | None, limit: int
) -> Sequence[Order]:
    """Return up to `limit` orders older than `after`, newest first: a member's, or everybody's."""
    statement = select(Order).options(*WHOLE).order_by(Order.id.desc()).limit(limit)
    if member_id is not None:
        statement = statement.where(Order.member_id == member_id)
    if state is not None:
        statement = statement.where(Order.state == state)
    if after is not None:
        statement = statement.where(Order.id < after)
    return (await session.execute(statement)).scalars().all()


async def open_orders(session: AsyncSession, member_id: UUID) -> Sequence[UUID]:
    """Return a member's orders that are not on their way yet."""
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
