"""The provider `test`: no money moves. By its token it pays, is slow, fails, says so twice, or never says anything."""

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

from platform_shop.payments.provider import FailureReason, Outcome, PaymentRequest, Settlement
from platform_shop.payments.signatures import HEADER, sign

# How often an event is sent that nobody takes, and how long apart (seconds, doubled each time).
ATTEMPTS = 6
FIRST_PAUSE = 0.2

log = structlog.get_logger(__name__)


class Token(StrEnum):
    """What is to become of a payment."""

    OK = "ok"
    SLOW = "slow"
    FAIL = "fail"
    TWICE = "twice"
    NEVER = "never"


class FakeProvider:
    """Sends signed events to `url`. Remembers nothing: what becomes of a payment follows from its token and its age."""

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
        self._telling: set[asyncio.Task[None]] = set()

    async def start(self, payment: PaymentRequest) -> None:
        """Send what becomes of the payment, at once or later."""
        settlement = _planned_outcome(payment)
        if settlement is None:
            return
        delay = self._slow_seconds if payment.token == Token.SLOW else 0
        for _ in range(2 if payment.token == Token.TWICE else 1):
            self._schedule_event(payment, settlement, delay)

    async def outcome(self, payment: PaymentRequest) -> Settlement | None:
        """Return what became of the payment by now."""
        age = self._now() - payment.created_at.timestamp()
        if payment.token == Token.SLOW and age < self._slow_seconds:
            return None
        return _planned_outcome(payment)

    async def refund(self, payment: PaymentRequest) -> None:
        """Send that the money was given back."""
        self._schedule_event(payment, Settlement(Outcome.REFUNDED), 0)

    async def close(self) -> None:
        """Forget what was still to be sent, as a provider does that goes down."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    def _schedule_event(self, payment: PaymentRequest, settlement: Settlement, delay: float) -> None:
        task = asyncio.create_task(self._tell(payment, settlement, delay))
        # The event loop itself keeps no hold on a task.
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, payment: PaymentRequest, settlement: Settlement, delay: float) -> None:
        event = {
            # The same event has the same id, however often it is sent.
            "id": str(uuid.uuid5(payment.id, settlement.outcome)),
            "type": settlement.outcome,
            "payment_id": str(payment.id),
            "amount": {"amount": payment.amount, "currency": payment.currency},
            "reason": settlement.reason,
        }
        await asyncio.sleep(delay)
        body = json.dumps(event).encode()
        for attempt in range(ATTEMPTS):
            if await self._send(body):
                return
            await asyncio.sleep(FIRST_PAUSE * 2**attempt)
        log.warning("webhook_delivery_failed", payment_id=str(payment.id), type=settlement.outcome)

    async def _send(self, body: bytes) -> bool:
        headers = {"Content-Type": "application/json", HEADER: sign(self._secret, body, int(self._now()))}
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except httpx2.HTTPError:
            return False
        return answer.is_success


def _planned_outcome(payment: PaymentRequest) -> Settlement | None:
    if payment.token == Token.NEVER:
        return None
    if payment.token == Token.FAIL:
        return Settlement(Outcome.FAILED, FailureReason.CARD_DECLINED)
    return Settlement(Outcome.PAID)
