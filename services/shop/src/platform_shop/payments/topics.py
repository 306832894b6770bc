"""Requests to a payment provider through the outbox: committed with the order, and retried until acknowledged."""

from __future__ import annotations

from enum import StrEnum

from platform_database.outbox.events import Subscription
from platform_database.outbox.publishing import Publisher

CONSUMER = "payment provider"


class Topic(StrEnum):
    """Kinds of events. The payload: `payment_id`."""

    PAYMENT_REQUESTED = "payment.requested"
    REFUND_REQUESTED = "payment.refund-requested"


# No response waits for a provider.
PUBLISHER = Publisher([Subscription(CONSUMER, frozenset(Topic), synchronous=False)])
