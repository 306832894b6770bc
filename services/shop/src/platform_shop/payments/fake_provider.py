"""The provider `test`, which charges no money. The token selects the outcome: paid, slow, failed, twice or never."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from enum import StrEnum

import httpx2
import structlog
from pydantic import SecretStr

from platform_shop.payments.provider import FailureReason, OutcomeReport, PaymentOutcome, PaymentRequest
from platform_shop.payments.signatures import HEADER, sign

# How often an unaccepted event is sent, and the interval (seconds, doubled each time).
ATTEMPTS = 6
FIRST_PAUSE = 0.2

log = structlog.get_logger(__name__)


class FakePaymentToken(StrEnum):
    """What is to become of a payment."""

    OK = "ok"
    SLOW = "slow"
    FAIL = "fail"
    TWICE = "twice"
    NEVER = "never"


class FakeProvider:
    """Sends signed events to `url`. Stateless: the outcome of a payment follows from its token and its age."""

    name = "test"

    def __init__(
        self,
        client: httpx2.AsyncClient,
        url: str,
        secret: SecretStr,
        slow_seconds: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._url = url
        self._secret = secret
        self._slow_seconds = slow_seconds
        self._now = now
        self._deliveries: set[asyncio.Task[None]] = set()

    async def start(self, payment: PaymentRequest) -> None:
        """Send the outcome of the payment, now or later."""
        report = _planned_outcome(payment)
        if report is None:
            return
        delay = self._slow_seconds if payment.token == FakePaymentToken.SLOW else 0
        for _ in range(2 if payment.token == FakePaymentToken.TWICE else 1):
            self._schedule_event(payment, report, delay)

    async def get_outcome(self, payment: PaymentRequest) -> OutcomeReport | None:
        """Return the current outcome of the payment."""
        age = self._now() - payment.created_at.timestamp()
        if payment.token == FakePaymentToken.SLOW and age < self._slow_seconds:
            return None
        return _planned_outcome(payment)

    async def refund(self, payment: PaymentRequest) -> None:
        """Send that the money was given back."""
        self._schedule_event(payment, OutcomeReport(PaymentOutcome.REFUNDED), 0)

    async def close(self) -> None:
        """Drop scheduled events, like a provider that crashes."""
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    def _schedule_event(self, payment: PaymentRequest, report: OutcomeReport, delay: float) -> None:
        task = asyncio.create_task(self._deliver_event(payment, report, delay))
        # The event loop itself keeps no hold on a task.
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _deliver_event(self, payment: PaymentRequest, report: OutcomeReport, delay: float) -> None:
        event = {
            # The same event has the same id, however often it is sent.
            "id": str(uuid.uuid5(payment.id, report.outcome)),
            "type": report.outcome,
            "payment_id": str(payment.id),
            "amount": {"amount": payment.amount, "currency": payment.currency},
            "reason": report.reason,
        }
        await asyncio.sleep(delay)
        body = json.dumps(event).encode()
        for attempt in range(ATTEMPTS):
            if await self._send(body):
                return
            await asyncio.sleep(FIRST_PAUSE * 2**attempt)
        log.warning("webhook_delivery_failed", payment_id=str(payment.id), type=report.outcome)

    async def _send(self, body: bytes) -> bool:
        headers = {"Content-Type": "application/json", HEADER: sign(self._secret, body, int(self._now()))}
        try:
            response = await self._client.post(self._url, content=body, headers=headers)
        except httpx2.HTTPError:
            return False
        return response.is_success


def _planned_outcome(payment: PaymentRequest) -> OutcomeReport | None:
    if payment.token == FakePaymentToken.NEVER:
        return None
    if payment.token == FakePaymentToken.FAIL:
        return OutcomeReport(PaymentOutcome.FAILED, FailureReason.CARD_DECLINED)
    return OutcomeReport(PaymentOutcome.PAID)
