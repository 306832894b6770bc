"""Writing events: in the transaction of the change, so that there is never one without the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from platform_database.outbox.events import Event, Subscription
from platform_database.outbox.models import OutboxDelivery, OutboxEvent

# Who sends has this long; then another may try. Longer than an attempt and its bookkeeping take.
LEASE = timedelta(seconds=10)
# What a session's `info` holds once events without anybody to wait for were written in it.
PUBLISHED = "published"


class Publisher:
    """Knows who learns of what. `lasting` topics are kept for good, for whoever joins later."""

    def __init__(self, subscriptions: Sequence[Subscription], lasting: frozenset[str] = frozenset()) -> None:
        self.subscriptions = tuple(subscriptions)
        self.lasting = lasting

    async def publish(self, session: AsyncSession, topic: str, payload: Mapping[str, Any]) -> Event:
        """Write an event into the session's transaction; deliveries that are awaited are leased to the caller."""
        row = OutboxEvent(topic=topic, payload=dict(payload))
        session.add(row)
        await session.flush()
        for subscription in self.subscriptions_to(topic):
            lease = LEASE if subscription.awaited else timedelta(0)
            session.add(
                OutboxDelivery(
                    event_id=row.id,
                    consumer=subscription.consumer,
                    attempts=1 if subscription.awaited else 0,
                    next_attempt_at=func.clock_timestamp() + lease,
                )
            )
            if not subscription.awaited:
                session.info[PUBLISHED] = True
        await session.flush()
        return Event(row.id, row.topic, row.payload)

    def subscriptions_to(self, topic: str) -> list[Subscription]:
        """Return who learns of events of this kind."""
        return [subscription for subscription in self.subscriptions if topic in subscription.topics]

    def awaited(self, topic: str) -> list[str]:
        """Return the consumers that a change with such an event waits for."""
        return [subscription.consumer for subscription in self.subscriptions_to(topic) if subscription.awaited]
