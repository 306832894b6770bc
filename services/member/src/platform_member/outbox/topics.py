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
    MEMBER_FACTORS_CHANGED = "member.factors-changed"
    MEMBER_FACTORS_RESET = "member.factors-reset"
    MEMBER_ROLES_CHANGED = "member.roles-changed"
    MEMBER_DELETED = "member.deleted"


# Never deleted, so that a service that is added later receives them; they contain only ids.
RETAINED_TOPICS = frozenset({Topic.MEMBER_DELETED})

# The consumers of each topic. A further service needs a row here and a consumer in `platform_member.container`.
SUBSCRIPTIONS = (
    Subscription("auth", frozenset(Topic)),
    # What it forgets may go a moment later; no response waits for that.
    Subscription("shop", frozenset({Topic.MEMBER_DELETED}), synchronous=False),
)


def publisher(consumers: Collection[str]) -> Publisher:
    """Return the publisher of events for those `consumers` that are part of this platform."""
    return Publisher([one for one in SUBSCRIPTIONS if one.consumer in consumers], RETAINED_TOPICS)
