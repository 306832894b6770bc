"""Writing events: in the transaction of the change, so that there is never one without the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from platform_database.outbox.events import Event, Subscription
from platform_database.outbox.models import OutboxDelivery, OutboxEvent

# How long a delivery is reserved for one sender: longer than an attempt and its bookkeeping take.
LEASE = timedelta(seconds=10)
# Key in a session's `info` that is set once asynchronous deliveries were written in it.
PUBLISHED = "published"


class Publisher:
    """Writes events for the subscribed consumers. Events of `retained_topics` are never deleted."""

    def __init__(self, subscriptions: Sequence[Subscription], retained_topics: frozenset[str] = frozenset()) -> None:
        self.subscriptions = tuple(subscriptions)
        self.retained_topics = retained_topics

    async def publish(self, session: AsyncSession, topic: str, payload: Mapping[str, Any]) -> Event:
        """Write an event in the session's transaction; its synchronous deliveries are leased to the caller."""
        row = OutboxEvent(topic=topic, payload=dict(payload))
        session.add(row)
        await session.flush()
        for subscription in self.subscriptions_to(topic):
            lease = LEASE if subscription.synchronous else timedelta(0)
            session.add(
                OutboxDelivery(
                    event_id=row.id,
                    consumer=subscription.consumer,
                    attempts=1 if subscription.synchronous else 0,
                    next_attempt_at=func.clock_timestamp() + lease,
                )
            )
            if not subscription.synchronous:
                session.info[PUBLISHED] = True
        await session.flush()
        return Event(row.id, row.topic, row.payload)

    def subscriptions_to(self, topic: str) -> list[Subscription]:
        """Return the subscriptions to `topic`."""
        return [subscription for subscription in self.subscriptions if topic in subscription.topics]

    def synchronous_consumers(self, topic: str) -> list[str]:
        """Return the consumers that a change with such an event waits for."""
        return [subscription.consumer for subscription in self.subscriptions_to(topic) if subscription.synchronous]
