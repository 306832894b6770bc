"""Events, subscriptions and consumers of the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True)
class Event:
    """One event on its way to one consumer."""

    id: UUID
    topic: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Subscription:
    """That `consumer` receives events of `topics`.

    A `synchronous` one receives them before the response to the change, if it is available; others in the background.
    """

    consumer: str
    topics: frozenset[str]
    synchronous: bool = True


class DeliveryFailed(Exception):
    """The consumer did not accept the event; the delivery is retried."""


class Consumer(Protocol):
    """Receives events. It must accept the same event twice, and events in any order."""

    name: str

    async def deliver(self, event: Event) -> None:
        """Deliver `event`. Raises DeliveryFailed."""
