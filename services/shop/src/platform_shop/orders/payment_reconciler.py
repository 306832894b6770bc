"""Reconcile payments without an outcome: ask their provider, and cancel unpaid orders at their deadline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_database.outbox.service import Outbox
from platform_shop.orders.payments import OrderPayments
from platform_shop.payments import repository
from platform_shop.payments.delivery import payment_request
from platform_shop.payments.models import Payment, PaymentState
from platform_shop.payments.provider import OutcomeReport, PaymentProvider, ProviderUnavailable

BATCH = 20

log = structlog.get_logger(__name__)


class PaymentReconciler:
    """Reconciles payments; several replicas may do so at once, each leases some of them."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        payments: OrderPayments,
        providers: Mapping[str, PaymentProvider],
        outbox: Outbox,
        poll_interval_seconds: float,
    ) -> None:
        self._sessions = sessions
        self._payments = payments
        self._providers = providers
        self._outbox = outbox
        self._lease = timedelta(seconds=poll_interval_seconds)

    async def reconcile_due(self) -> int:
        """Reconcile a batch of payments and return how many."""
        async with self._sessions.begin() as session:
            due = await repository.lease_due(session, self._lease, BATCH)
        for payment in due:
            await self._reconcile(payment)
        return len(due)

    async def _reconcile(self, payment: Payment) -> None:
        report = await self._fetch_outcome(payment)
        async with self._sessions() as session:
            if report is not None:
                await self._payments.apply_outcome(session, payment, report)
            elif await repository.is_overdue(session, payment.id):
                await self._payments.expire(session, payment)
            await session.commit()
            self._outbox.after_commit(session)

    async def _fetch_outcome(self, payment: Payment) -> OutcomeReport | None:
        if payment.state == PaymentState.FAILED:
            # The outcome is known; only the order's deadline is pending.
            return None
        provider = self._providers[payment.provider]
        try:
            return await provider.get_outcome(payment_request(payment))
        except ProviderUnavailable:
            log.warning("payment_provider_unavailable", provider=provider.name, payment_id=str(payment.id))
            return None
