"""Writing events: in the transaction of the change, so that there is never one without the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from member.outbox.events import SUBSCRIPTIONS, Event, Topic
from member.outbox.models import OutboxDelivery, OutboxEvent

# Who sends has this long; then another may try. Longer than an attempt and its bookkeeping take.
LEASE = timedelta(seconds=10)


async def publish(session: AsyncSession, topic: Topic, payload: Mapping[str, Any]) -> Event:
    """Write an event into the session's transaction; its deliveries are leased to the caller."""
    row = OutboxEvent(topic=topic, payload=dict(payload))
    session.add(row)
    await session.flush()
    for consumer in consumers_of(topic):
        due = func.clock_timestamp() + LEASE
        session.add(OutboxDelivery(event_id=row.id, consumer=consumer, attempts=1, next_attempt_at=due))
    await session.flush()
    return Event(row.id, row.topic, row.payload)


def consumers_of(topic: str) -> list[str]:
    """Return who learns of events of this kind."""
    return [name for name, topics in SUBSCRIPTIONS.items() if topic in topics]
