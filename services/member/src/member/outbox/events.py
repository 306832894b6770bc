"""What can happen to a member that others must learn of, and who delivers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID


class Topic(StrEnum):
    """Kinds of events. The payload: `member_id`, `session_epoch`; where one session lives on, `keep_session`."""

    MEMBER_SUSPENDED = "member.suspended"
    MEMBER_PASSWORD_CHANGED = "member.password-changed"  # noqa: S105 (the name of an event)
    MEMBER_PASSWORD_RESET = "member.password-reset"  # noqa: S105 (the name of an event)
    MEMBER_ROLES_CHANGED = "member.roles-changed"
    MEMBER_DELETED = "member.deleted"


# Kept for good, so that a service which joins later learns of it; they hold ids alone.
LASTING = frozenset({Topic.MEMBER_DELETED})


# Who learns of what. A service that joins is one more row here, a consumer in `member.parts`, and a migration that
# adds deliveries of the lasting events that it missed.
SUBSCRIPTIONS: Mapping[str, frozenset[Topic]] = {"auth": frozenset(Topic)}


@dataclass(frozen=True)
class Event:
    """One event on its way to one consumer."""

    id: UUID
    topic: str
    payload: Mapping[str, Any]


class DeliveryFailed(Exception):
    """The consumer did not take the event; it is tried again."""


class Consumer(Protocol):
    """A service that learns of events. It must bear the same event twice, and events in any order."""

    name: str

    async def deliver(self, event: Event) -> None:
        """Hand `event` over. Raises DeliveryFailed."""
