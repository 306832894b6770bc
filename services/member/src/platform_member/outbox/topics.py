"""Events about members for other services."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from platform_database.outbox.events import Subscription
from platform_database.outbox.publishing import Publisher


class Topic(StrEnum):
    """Kinds of events. The payload: `member_id`, `session_epoch`; where one session lives on, `keep_session`."""

    MEMBER_SUSPENDED = "member.suspended"
    MEMBER_PASSWORD_CHANGED = "member.password-changed"  # noqa: S105 (the name of an event)
    MEMBER_PASSWORD_RESET = "member.password-reset"  # noqa: S105 (the name of an event)
    MEMBER_ROLES_CHANGED = "member.roles-changed"
    MEMBER_DELETED = "member.deleted"


# Kept for good, so that a service which joins later learns of it; they hold ids alone.
RETAINED_TOPICS = frozenset({Topic.MEMBER_DELETED})

# Who learns of what. A service that joins is one more row here and a consumer in `platform_member.container`.
SUBSCRIPTIONS = (
    Subscription("auth", frozenset(Topic)),
    # What it forgets may go a moment later; no response waits for that.
    Subscription("shop", frozenset({Topic.MEMBER_DELETED}), synchronous=False),
)


def publisher(consumers: Collection[str]) -> Publisher:
    """Return the publisher of events for those `consumers` that are part of this platform."""
    return Publisher([one for one in SUBSCRIPTIONS if one.consumer in consumers], RETAINED_TOPICS)
