"""Statements on payments. A payment changes only while its order is locked. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from platform_shop.payments.models import Payment, PaymentEvent, PaymentState


async def find(session: AsyncSession, payment_id: UUID) -> Payment | None:
    """Return a payment as it is now."""
    return await session.get(Payment, payment_id, populate_existing=True)


async def record_event(session: AsyncSession, provider: str, event_id: str, payment_id: UUID, kind: str) -> bool:
    """Record an event of a provider; False if it was recorded before. Waits for concurrent writers of it."""
    statement = (
        insert(PaymentEvent)
        .values(provider=provider, id=event_id, payment_id=payment_id, kind=kind)
        .on_conflict_do_nothing()
        .returning(PaymentEvent.id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def lease_due(session: AsyncSession, lease: timedelta, limit: int) -> Sequence[Payment]:
    """Take payments that are due for a check; others see them again when `lease` is over."""
    due = (
        select(Payment.id)
        .where(Payment.state.in_([PaymentState.PENDING, PaymentState.FAILED]), Payment.next_check_at <= func.now())
        .order_by(Payment.next_check_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(Payment)
        .where(Payment.id.in_(due.scalar_subquery()))
        .values(next_check_at=func.now() + lease)
        .returning(Payment)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).scalars().all()


async def is_overdue(session: AsyncSession, payment_id: UUID) -> bool:
    """Whether the time to pay has passed, by the database's clock."""
    statement = select(Payment.deadline_at <= func.clock_timestamp()).where(Payment.id == payment_id)
    return bool((await session.execute(statement)).scalar_one())
