"""Payments without an outcome: their provider is asked, and at the deadline an unpaid order is cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_database.outbox.service import Outbox
from platform_shop.payments import repository
from platform_shop.payments.delivery import request_of
from platform_shop.payments.models import Payment, PaymentState
from platform_shop.payments.provider import PaymentProvider, ProviderUnavailable, Settlement
from platform_shop.payments.service import Payments

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
        settlement = await self._settlement(payment)
        async with self._sessions() as session:
            if settlement is not None:
                await self._payments.settle(session, payment, settlement)
            elif await repository.is_overdue(session, payment.id):
                await self._payments.expire(session, payment)
            await session.commit()
            self._outbox.after_commit(session)

    async def _settlement(self, payment: Payment) -> Settlement | None:
        if payment.state == PaymentState.FAILED:
            # The provider has answered; what is left is the end of the order's deadline.
            return None
        provider = self._providers[payment.provider]
        try:
            return await provider.outcome(request_of(payment))
        except ProviderUnavailable:
            log.warning("payment_provider_unavailable", provider=provider.name, payment_id=str(payment.id))
            return None
