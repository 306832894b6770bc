"""What others must learn of, who learns of what, and who delivers it."""

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
    """That `consumer` learns of events of `topics`.

    An `awaited` one does so before the change is answered, if it can; any other as soon as it may be.
    """

    consumer: str
    topics: frozenset[str]
    awaited: bool = True


class DeliveryFailed(Exception):
    """The consumer did not take the event; it is tried again."""


class Consumer(Protocol):
    """Something that learns of events. It must bear the same event twice, and events in any order."""

    name: str

    async def deliver(self, event: Event) -> None:
        """Hand `event` over. Raises DeliveryFailed."""
