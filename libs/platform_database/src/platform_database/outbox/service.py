"""Deliver events: to synchronous consumers before the response, to others and after failures in the background."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_database.outbox import repository
from platform_database.outbox.events import Consumer, DeliveryFailed, Event
from platform_database.outbox.publishing import LEASE, PUBLISHED, Publisher

# How long one attempt may take; then the response is sent without it (seconds).
ATTEMPT_TIMEOUT = 3.0
# The wait between attempts doubles from the first to the last of these (seconds).
FIRST_DELAY, LAST_DELAY = 1.0, 60.0
BATCH = 20
RETENTION = timedelta(days=7)

_attempts = Counter("outbox_delivery_attempts_total", "Attempts to deliver an event.", ["consumer", "outcome"])
_pending = Gauge("outbox_deliveries_pending", "Deliveries that are still to be made.")

log = structlog.get_logger(__name__)


class Outbox:
    """Delivers events to `consumers`, one for each subscription of `publisher`."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        consumers: Iterable[Consumer],
        publisher: Publisher,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._sessions = sessions
        self._consumers = {consumer.name: consumer for consumer in consumers}
        self._publisher = publisher
        self._jitter = jitter
        self.wake = asyncio.Event()

    async def deliver_now(self, events: Sequence[Event]) -> bool:
        """Deliver just committed events to their synchronous consumers.

        Return False when one was not accepted; its delivery is retried.
        """
        leases = [
            (event, consumer, 1) for event in events for consumer in self._publisher.synchronous_consumers(event.topic)
        ]
        return all(await asyncio.gather(*(self._attempt(*lease) for lease in leases)))

    async def confirm(self, session: AsyncSession, events: Sequence[Event]) -> None:
        """Note in the session's transaction that `events` were delivered to their synchronous consumers."""
        deliveries = [
            (event.id, consumer) for event in events for consumer in self._publisher.synchronous_consumers(event.topic)
        ]
        await repository.mark_delivered(session, deliveries)

    def after_commit(self, session: AsyncSession) -> None:
        """Start a delivery batch at once when the session has just committed asynchronous deliveries."""
        if session.info.pop(PUBLISHED, False):
            self.wake.set()

    async def backfill(self) -> int:
        """Add deliveries of retained events to consumers that were added later; return how many."""
        added = 0
        async with self._sessions.begin() as session:
            for subscription in self._publisher.subscriptions:
                topics = subscription.topics & self._publisher.retained_topics
                added += await repository.add_missed(session, subscription.consumer, topics)
        return added

    async def deliver_due(self) -> int:
        """Attempt a batch of due deliveries and return its size; several replicas may do so concurrently."""
        async with self._sessions.begin() as session:
            leases = await repository.lease_due(session, list(self._consumers), LEASE, BATCH)
            _pending.set(await repository.pending(session))
        results = await asyncio.gather(*(self._attempt(*lease) for lease in leases))
        taken = [(event.id, consumer) for (event, consumer, _), ok in zip(leases, results, strict=True) if ok]
        if taken:
            async with self._sessions.begin() as session:
                await repository.mark_delivered(session, taken)
        return len(leases)

    async def purge(self) -> int:
        """Delete a batch of old, fully delivered events."""
        async with self._sessions.begin() as session:
            return await repository.purge(session, RETENTION, self._publisher.retained_topics)

    async def _attempt(self, event: Event, consumer: str, attempts: int) -> bool:
        try:
            async with asyncio.timeout(ATTEMPT_TIMEOUT):
                await self._consumers[consumer].deliver(event)
        except (DeliveryFailed, TimeoutError) as error:
            _attempts.labels(consumer, "failed").inc()
            log.warning(
                "outbox_delivery_failed", topic=event.topic, consumer=consumer, attempts=attempts, reason=str(error)
            )
            await self._postpone(event.id, consumer, attempts)
            return False
        _attempts.labels(consumer, "delivered").inc()
        return True

    async def _postpone(self, event_id: UUID, consumer: str, attempts: int) -> None:
        delay = min(FIRST_DELAY * 2 ** min(attempts - 1, 16), LAST_DELAY)
        # Between half and all of it: replicas and events spread out.
        delay *= 0.5 + self._jitter() / 2
        try:
            async with self._sessions.begin() as session:
                await repository.postpone(session, event_id, consumer, timedelta(seconds=delay))
        except SQLAlchemyError as error:
            # The lease ends by itself.
            log.warning("outbox_postpone_failed", error=type(error).__name__)
