"""What shop asks of a payment provider, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class PaymentRequest:
    """A payment as its provider is told of it; `id` is the same however often it is asked."""

    id: UUID
    token: str
    amount: int
    currency: str
    created_at: datetime


class Outcome(StrEnum):
    """What became of a payment."""

    PAID = "payment.paid"
    FAILED = "payment.failed"
    REFUNDED = "payment.refunded"


class ProviderUnavailable(Exception):
    """The provider does not answer; it is asked again later."""


class PaymentProvider(Protocol):
    """Takes money and gives it back. What becomes of a payment it tells by signed events, once, twice or never."""

    name: str

    async def start(self, payment: PaymentRequest) -> None:
        """Ask for the money. Asked twice, the buyer pays once. Raises ProviderUnavailable."""

    async def outcome(self, payment: PaymentRequest) -> Outcome | None:
        """Return what became of a payment, or None when nothing did yet. Raises ProviderUnavailable."""

    async def refund(self, payment: PaymentRequest) -> None:
        """Give the money back. Asked twice, it is given back once. Raises ProviderUnavailable."""
