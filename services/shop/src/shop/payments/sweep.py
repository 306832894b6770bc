"""Payments without a word: their provider is asked, and in the end the order is given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_database.outbox.service import Outbox
from shop.payments import repository
from shop.payments.delivery import request_of
from shop.payments.models import Payment
from shop.payments.provider import Outcome, PaymentProvider, ProviderUnavailable
from shop.payments.service import Payments

BATCH = 20

log = structlog.get_logger(__name__)


class Sweep:
    """Asks after payments; several replicas may do so at once, each has some of them for a while."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        payments: Payments,
        providers: Mapping[str, PaymentProvider],
        outbox: Outbox,
        check_seconds: float,
    ) -> None:
        self._sessions = sessions
        self._payments = payments
        self._providers = providers
        self._outbox = outbox
        self._lease = timedelta(seconds=check_seconds)

    async def run(self) -> int:
        """Ask after a batch of payments and return how many that was."""
        async with self._sessions.begin() as session:
            due = await repository.lease_due(session, self._lease, BATCH)
        for payment in due:
            await self._look_after(payment)
        return len(due)

    async def _look_after(self, payment: Payment) -> None:
        outcome = await self._outcome(payment)
        async with self._sessions() as session:
            if outcome is not None:
                await self._payments.settle(session, payment, outcome)
            elif await repository.is_overdue(session, payment.id):
                await self._payments.expire(session, payment)
            await session.commit()
            self._outbox.committed(session)

    async def _outcome(self, payment: Payment) -> Outcome | None:
        provider = self._providers[payment.provider]
        try:
            return await provider.outcome(request_of(payment))
        except ProviderUnavailable:
            log.warning("payment_provider_away", provider=provider.name, payment_id=str(payment.id))
            return None
