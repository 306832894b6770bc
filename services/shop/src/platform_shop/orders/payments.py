"""Payments of orders: create, retry, apply provider events, expire. Works in the given session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from platform_common.problems import NotFound
from platform_shop.config import PaymentSettings
from platform_shop.orders import lifecycle
from platform_shop.orders import repository as orders
from platform_shop.orders.errors import OrderNotPayable
from platform_shop.orders.models import Order, OrderState, is_payable
from platform_shop.payments import repository
from platform_shop.payments.models import Payment, PaymentState
from platform_shop.payments.provider import OutcomeReport, PaymentOutcome
from platform_shop.payments.topics import PUBLISHER, Topic

# Not paid yet, and a payment is still possible.
UNSETTLED = frozenset({PaymentState.PENDING, PaymentState.FAILED})

log = structlog.get_logger(__name__)


class PaymentNotFound(NotFound):
    """The provider names an unknown payment."""

    code = "payment-not-found"

    def __init__(self) -> None:
        super().__init__("The payment does not exist.")


class OrderPayments:
    """Payments of orders."""

    def __init__(self, settings: PaymentSettings) -> None:
        self._check_after = timedelta(seconds=settings.payment_poll_interval_seconds)
        self._deadline_after = timedelta(seconds=settings.payment_timeout_seconds)

    async def create(self, session: AsyncSession, order: Order, provider: str, token: str) -> None:
        """Create an order's first payment; its provider is called after the commit."""
        await self._create_attempt(
            session, order, provider, token, number=1, deadline=func.now() + self._deadline_after
        )

    async def retry(self, session: AsyncSession, order: Order, provider: str, token: str) -> None:
        """Pay a locked order by another attempt, within the first one's deadline. Raises OrderNotPayable."""
        before = order.payment
        if not is_payable(order) or await repository.is_overdue(session, before.id):
            raise OrderNotPayable
        before.finish(PaymentState.FAILED)
        await self._create_attempt(
            session, order, provider, token, number=before.attempt + 1, deadline=before.deadline_at
        )
        await lifecycle.bump_version(session, order)

    async def _create_attempt(
        self, session: AsyncSession, order: Order, provider: str, token: str, *, number: int, deadline: Any
    ) -> None:
        payment = Payment(
            order_id=order.id,
            attempt=number,
            provider=provider,
            token=token,
            currency=order.currency,
            amount=order.total,
            next_check_at=func.now() + self._check_after,
            deadline_at=deadline,
        )
        session.add(payment)
        await session.flush()
        await PUBLISHER.publish(session, Topic.PAYMENT_REQUESTED, {"payment_id": str(payment.id)})

    async def apply_event(
        self,
        session: AsyncSession,
        provider: str,
        event_id: str,
        payment_id: UUID,
        report: OutcomeReport,
        *,
        amount: int,
        currency: str,
    ) -> bool:
        """Apply a provider's event once; return False when it was applied before. Raises PaymentNotFound."""
        payment = await repository.find(session, payment_id)
        if payment is None or payment.provider != provider:
            raise PaymentNotFound
        if not await repository.record_event(session, provider, event_id, payment_id, report.outcome):
            return False
        if (amount, currency) != (payment.amount, payment.currency):
            # Needs an operator; until then the order stays pending, and expires at its deadline.
            log.error("payment_amount_mismatch", payment_id=str(payment_id), amount=amount, currency=currency)
            return True
        await self.apply_outcome(session, payment, report)
        return True

    async def apply_outcome(self, session: AsyncSession, reported: Payment, report: OutcomeReport) -> None:
        """Apply the outcome to payment and order. A known outcome changes nothing."""
        order = await self._lock(session, reported)
        payment = next(one for one in order.payments if one.id == reported.id)
        before = PaymentState(payment.state)
        match report.outcome:
            case PaymentOutcome.PAID:
                await self._accept_payment(session, order, payment)
            case PaymentOutcome.FAILED if before is PaymentState.PENDING:
                payment.fail(report.reason)
                await lifecycle.bump_version(session, order)
            case PaymentOutcome.REFUNDED if before is PaymentState.REFUNDING:
                payment.finish(PaymentState.REFUNDED)
                await lifecycle.bump_version(session, order)
        log.info("payment_outcome_applied", payment_id=str(payment.id), outcome=report.outcome, before=before)

    async def _accept_payment(self, session: AsyncSession, order: Order, payment: Payment) -> None:
        if payment.state not in {*UNSETTLED, PaymentState.CANCELLED, PaymentState.EXPIRED}:
            return
        if payment is order.payment and order.state == OrderState.PENDING:
            payment.finish(PaymentState.PAID)
            await lifecycle.transition(session, order, OrderState.PAID)
        else:
            # The order is cancelled or already paid by another attempt: this payment is refunded.
            await lifecycle.request_refund(session, payment)
            await lifecycle.bump_version(session, order)

    async def expire(self, session: AsyncSession, overdue: Payment) -> None:
        """Cancel an order that was not paid before its deadline."""
        order = await self._lock(session, overdue)
        payment = order.payment
        if payment.id != overdue.id or order.state != OrderState.PENDING or payment.state not in UNSETTLED:
            return
        payment.finish(PaymentState.EXPIRED if payment.state == PaymentState.PENDING else PaymentState.FAILED)
        await lifecycle.transition(session, order, OrderState.CANCELLED)
        log.warning("payment_expired", payment_id=str(payment.id))

    async def _lock(self, session: AsyncSession, payment: Payment) -> Order:
        order = await orders.lock_order(session, payment.order_id)
        assert order is not None  # noqa: S101 (a payment goes with its order)
        return order
