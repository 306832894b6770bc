"""What becomes of payments: by their provider's word, or without one. Works in the session it is given."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from platform_common.problems import NotFound
from shop.config import PaymentSettings
from shop.orders import lifecycle
from shop.orders.models import Order, OrderState
from shop.payments import repository
from shop.payments.models import Payment, PaymentState
from shop.payments.provider import Outcome
from shop.payments.topics import PUBLISHER, Topic

log = structlog.get_logger(__name__)


class PaymentNotFound(NotFound):
    """The provider speaks of a payment that is none of ours."""

    code = "payment-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such payment.")


class Payments:
    """Payments of orders."""

    def __init__(self, settings: PaymentSettings) -> None:
        self._check_after = timedelta(seconds=settings.payment_check_seconds)
        self._deadline_after = timedelta(seconds=settings.payment_deadline_seconds)

    async def begin(self, session: AsyncSession, order: Order, provider: str, token: str) -> Payment:
        """Make an order's payment; the provider is asked for it once the order is committed."""
        payment = Payment(
            order_id=order.id,
            provider=provider,
            token=token,
            currency=order.currency,
            amount=order.total,
            next_check_at=func.now() + self._check_after,
            deadline_at=func.now() + self._deadline_after,
        )
        session.add(payment)
        await session.flush()
        await PUBLISHER.publish(session, Topic.PAYMENT_REQUESTED, {"payment_id": str(payment.id)})
        return payment

    async def heed(self, session: AsyncSession, provider: str, event_id: str, payment_id: UUID, outcome: Outcome,
                   *, amount: int, currency: str) -> bool:  # fmt: skip
        """Take a provider's word, once an event; False when it was taken before. Raises PaymentNotFound."""
        payment = await repository.find(session, payment_id)
        if payment is None or payment.provider != provider:
            raise PaymentNotFound
        if not await repository.note_event(session, provider, event_id, payment_id, outcome):
            return False
        if (amount, currency) != (payment.amount, payment.currency):
            # Somebody must look at it; until then the order waits, and in the end expires.
            log.error("payment_amount_differs", payment_id=str(payment_id), amount=amount, currency=currency)
            return True
        await self.settle(session, payment, outcome)
        return True

    async def settle(self, session: AsyncSession, payment: Payment, outcome: Outcome) -> None:
        """Let order and payment follow from what became of it. What is known already changes nothing."""
        order = await self._hold(session, payment)
        state = PaymentState(order.payment.state)
        if outcome is Outcome.PAID and state is PaymentState.PENDING:
            order.payment.state = PaymentState.PAID
            await lifecycle.move(session, order, OrderState.PAID)
        elif outcome is Outcome.PAID and state in {PaymentState.CANCELLED, PaymentState.EXPIRED, PaymentState.FAILED}:
            # Too late for the order: nobody keeps the money.
            await lifecycle.give_back(session, order)
            await lifecycle.touch(session, order)
        elif outcome is Outcome.FAILED and state is PaymentState.PENDING:
            order.payment.state = PaymentState.FAILED
            await lifecycle.move(session, order, OrderState.CANCELLED)
        elif outcome is Outcome.REFUNDED and state is PaymentState.REFUNDING:
            order.payment.state = PaymentState.REFUNDED
            await lifecycle.touch(session, order)
        log.info("payment_settled", payment_id=str(payment.id), outcome=outcome, before=state)

    async def expire(self, session: AsyncSession, payment: Payment) -> None:
        """Give up on a payment that nobody had a word of in time: its order is cancelled."""
        order = await self._hold(session, payment)
        if order.payment.state == PaymentState.PENDING:
            order.payment.state = PaymentState.EXPIRED
            await lifecycle.move(session, order, OrderState.CANCELLED)
            log.warning("payment_expired", payment_id=str(payment.id))

    async def _hold(self, session: AsyncSession, payment: Payment) -> Order:
        order = await lifecycle.hold(session, payment.order_id)
        assert order is not None  # noqa: S101 (a payment goes with its order)
        return order
