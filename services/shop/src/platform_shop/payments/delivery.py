"""The outbox's consumer that sends requests to a payment provider."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_database.outbox.events import DeliveryFailed, Event
from platform_shop.payments import repository
from platform_shop.payments.models import Payment, PaymentState
from platform_shop.payments.provider import PaymentProvider, PaymentRequest, ProviderUnavailable
from platform_shop.payments.topics import CONSUMER, Topic


class ProviderDelivery:
    """Starts payments and refunds, as long as they are still wanted."""

    name = CONSUMER

    def __init__(self, sessions: async_sessionmaker[AsyncSession], providers: Mapping[str, PaymentProvider]) -> None:
        self._sessions = sessions
        self._providers = providers

    async def deliver(self, event: Event) -> None:
        """Send the request to the provider. Raises DeliveryFailed if it is unavailable."""
        async with self._sessions() as session:
            payment = await repository.find(session, UUID(event.payload["payment_id"]))
        if payment is None:
            return
        provider = self._providers[payment.provider]
        try:
            if event.topic == Topic.PAYMENT_REQUESTED and payment.state == PaymentState.PENDING:
                await provider.start(payment_request(payment))
            elif event.topic == Topic.REFUND_REQUESTED and payment.state == PaymentState.REFUNDING:
                await provider.refund(payment_request(payment))
        except ProviderUnavailable as error:
            raise DeliveryFailed(f"{provider.name} is unavailable") from error


def payment_request(payment: Payment) -> PaymentRequest:
    """Return a payment as sent to its provider."""
    return PaymentRequest(payment.id, payment.token, payment.amount, payment.currency, payment.created_at)
