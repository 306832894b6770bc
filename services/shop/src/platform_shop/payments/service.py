"""What becomes of payments: by their provider's word, or without one. Works in the session it is given."""

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
from platform_shop.orders.errors import OrderNotPayable
from platform_shop.orders.models import Order, OrderState, is_payable
from platform_shop.payments import repository
from platform_shop.payments.models import Payment, PaymentState
from platform_shop.payments.provider import Outcome, Settlement
from platform_shop.payments.topics import PUBLISHER, Topic

# No money yet, and it may still come.
UNSETTLED = frozenset({PaymentState.PENDING, PaymentState.FAILED})

log = structlog.get_logger(__name__)


class PaymentNotFound(NotFound):
    """The provider speaks of a payment that is none of ours."""

    code = "payment-not-found"

    def __init__(self) -> None:
        super().__init__("The payment does not exist.")


class Payments:
    """Payments of orders."""

    def __init__(self, settings: PaymentSettings) -> None:
        self._check_after = timedelta(seconds=settings.payment_poll_interval_seconds)
        self._deadline_after = timedelta(seconds=settings.payment_timeout_seconds)

    async def begin(self, session: AsyncSession, order: Order, provider: str, token: str) -> None:
        """Make an order's first payment; the provider is asked for it once the order is committed."""
        await self._attempt(session, order, provider, token, number=1, deadline=func.now() + self._deadline_after)

    async def retry(self, session: AsyncSession, order: Order, provider: str, token: str) -> None:
        """Pay a held order by another attempt, within the first one's deadline. Raises OrderNotPayable."""
        before = order.payment
        if not is_payable(order) or await repository.is_overdue(session, before.id):
            raise OrderNotPayable
        before.finish(PaymentState.FAILED)
        await self._attempt(session, order, provider, token, number=before.attempt + 1, deadline=before.deadline_at)
        await lifecycle.touch(session, order)

    async def _attempt(
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
        settlement: Settlement,
        *,
        amount: int,
        currency: str,
    ) -> bool:
        """Apply a provider's event once; return False when it was applied before. Raises PaymentNotFound."""
        payment = await repository.find(session, payment_id)
        if payment is None or payment.provider != provider:
            raise PaymentNotFound
        if not await repository.note_event(session, provider, event_id, payment_id, settlement.outcome):
            return False
        if (amount, currency) != (payment.amount, payment.currency):
            # Somebody must look at it; until then the order waits, and in the end expires.
            log.error("payment_amount_mismatch", payment_id=str(payment_id), amount=amount, currency=currency)
            return True
        await self.settle(session, payment, settlement)
        return True

    async def settle(self, session: AsyncSession, reported: Payment, settlement: Settlement) -> None:
        """Let order and payment follow from what became of it. What is known already changes nothing."""
        order = await self._hold(session, reported)
        payment = next(one for one in order.payments if one.id == reported.id)
        before = PaymentState(payment.state)
        match settlement.outcome:
            case Outcome.PAID:
                await self._take_money(session, order, payment)
            case Outcome.FAILED if before is PaymentState.PENDING:
                payment.fail(settlement.reason)
                await lifecycle.touch(session, order)
            case Outcome.REFUNDED if before is PaymentState.REFUNDING:
                payment.finish(PaymentState.REFUNDED)
                await lifecycle.touch(session, order)
        log.info("payment_outcome_applied", payment_id=str(payment.id), outcome=settlement.outcome, before=before)

    async def _take_money(self, session: AsyncSession, order: Order, payment: Payment) -> None:
        if payment.state not in {*UNSETTLED, PaymentState.CANCELLED, PaymentState.EXPIRED}:
            return
        if payment is order.payment and order.state == OrderState.PENDING:
            payment.finish(PaymentState.PAID)
            await lifecycle.move(session, order, OrderState.PAID)
        else:
            # The order is cancelled, or another attempt pays it: this money goes back.
            await lifecycle.give_back(session, payment)
            await lifecycle.touch(session, order)

    async def expire(self, session: AsyncSession, overdue: Payment) -> None:
        """Cancel an order that was not paid before its deadline."""
        order = await self._hold(session, overdue)
        payment = order.payment
        if payment.id != overdue.id or order.state != OrderState.PENDING or payment.state not in UNSETTLED:
            return
        payment.finish(PaymentState.EXPIRED if payment.state == PaymentState.PENDING else PaymentState.FAILED)
        await lifecycle.move(session, order, OrderState.CANCELLED)
        log.warning("payment_expired", payment_id=str(payment.id))

    async def _hold(self, session: AsyncSession, payment: Payment) -> Order:
        order = await lifecycle.hold(session, payment.order_id)
        assert order is not None  # noqa: S101 (a payment goes with its order)
        return order
