"""The outbox's statements. A delivery is leased before it is tried, so replicas never wait for one another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, exists, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from platform_database.outbox.events import Event
from platform_database.outbox.models import OutboxDelivery, OutboxEvent

PURGE_BATCH = 1000

# A leased delivery: the event, its consumer, and the number of attempts.
Lease = tuple[Event, str, int]


async def lease_due(session: AsyncSession, consumers: Sequence[str], lease: timedelta, limit: int) -> list[Lease]:
    """Take up to `limit` due deliveries, the longest due first; others see them again when `lease` is over."""
    due = (
        select(OutboxDelivery.event_id, OutboxDelivery.consumer)
        .where(
            OutboxDelivery.delivered_at.is_(None),
            OutboxDelivery.next_attempt_at <= func.now(),
            OutboxDelivery.consumer.in_(consumers),
        )
        .order_by(OutboxDelivery.next_attempt_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(OutboxDelivery)
        .where(
            OutboxDelivery.event_id == due.c.event_id,
            OutboxDelivery.consumer == due.c.consumer,
            OutboxEvent.id == due.c.event_id,
        )
        .values(next_attempt_at=func.now() + lease, attempts=OutboxDelivery.attempts + 1)
        .returning(
            OutboxEvent.id, OutboxEvent.topic, OutboxEvent.payload, OutboxDelivery.consumer, OutboxDelivery.attempts
        )
        .execution_options(synchronize_session=False)
    )
    rows = (await session.execute(statement)).all()
    return [(Event(id_, topic, payload), consumer, attempts) for id_, topic, payload, consumer, attempts in rows]


async def mark_delivered(session: AsyncSession, deliveries: Sequence[tuple[UUID, str]]) -> None:
    """Note that these need no further attempt."""
    await session.execute(
        update(OutboxDelivery)
        .where(tuple_(OutboxDelivery.event_id, OutboxDelivery.consumer).in_(deliveries))
        .values(delivered_at=func.now())
        .execution_options(synchronize_session=False)
    )


async def postpone(session: AsyncSession, event_id: UUID, consumer: str, delay: timedelta) -> None:
    """Try this one again after `delay`."""
    await session.execute(
        update(OutboxDelivery)
        .where(
            OutboxDelivery.event_id == event_id,
            OutboxDelivery.consumer == consumer,
            OutboxDelivery.delivered_at.is_(None),
        )
        .values(next_attempt_at=func.now() + delay)
        .execution_options(synchronize_session=False)
    )


async def add_missed(session: AsyncSession, consumer: str, topics: frozenset[str]) -> int:
    """Add deliveries of retained events of `topics` that `consumer` has no delivery of; return how many."""
    known = exists().where(OutboxDelivery.event_id == OutboxEvent.id, OutboxDelivery.consumer == consumer)
    missed = select(OutboxEvent.id, literal(consumer), func.now()).where(OutboxEvent.topic.in_(topics), ~known)
    statement = (
        insert(OutboxDelivery)
        .from_select(["event_id", "consumer", "next_attempt_at"], missed, include_defaults=False)
        .on_conflict_do_nothing()
        .returning(OutboxDelivery.event_id)
    )
    return len((await session.execute(statement)).all())


async def pending(session: AsyncSession) -> int:
    """Return the number of pending deliveries."""
    statement = select(func.count()).select_from(OutboxDelivery).where(OutboxDelivery.delivered_at.is_(None))
    return (await session.execute(statement)).scalar_one()


async def purge(session: AsyncSession, retention: timedelta, retained_topics: frozenset[str]) -> int:
    """Delete a batch of events that all consumers have received and that are not retained; return how many."""
    undelivered = exists().where(OutboxDelivery.event_id == OutboxEvent.id, OutboxDelivery.delivered_at.is_(None))
    done = (
        select(OutboxEvent.id)
        .where(OutboxEvent.topic.not_in(retained_topics), OutboxEvent.created_at < func.now() - retention, ~undelivered)
        .limit(PURGE_BATCH)
        .with_for_update(skip_locked=True)
    )
    statement = delete(OutboxEvent).where(OutboxEvent.id.in_(done)).returning(OutboxEvent.id)
    return len((await session.execute(statement.execution_options(synchronize_session=False))).all())
