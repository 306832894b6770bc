"""The protocol of payment providers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class PaymentRequest:
    """A payment as sent to its provider; `id` is the same on every attempt."""

    id: UUID
    token: str
    amount: int
    currency: str
    created_at: datetime


class PaymentOutcome(StrEnum):
    """What became of a payment."""

    PAID = "payment.paid"
    FAILED = "payment.failed"
    REFUNDED = "payment.refunded"


class FailureReason(StrEnum):
    """Why a payment failed, in words that may be shown to the buyer."""

    CARD_DECLINED = "card-declined"
    INSUFFICIENT_FUNDS = "insufficient-funds"
    CARD_EXPIRED = "card-expired"
    AUTHENTICATION_FAILED = "authentication-failed"
    OTHER = "other"

    @classmethod
    def parse(cls, text: str | None) -> FailureReason:
        """Return the reason a provider names; any other is `other`."""
        return cls(text) if text in set(cls) else cls.OTHER


@dataclass(frozen=True)
class OutcomeReport:
    """What became of a payment, and why it failed if it did."""

    outcome: PaymentOutcome
    reason: FailureReason | None = None


class ProviderUnavailable(Exception):
    """The provider is unavailable; the request is retried later."""


class PaymentProvider(Protocol):
    """Takes money and gives it back. Reports outcomes by signed events: once, twice or never."""

    name: str

    async def start(self, payment: PaymentRequest) -> None:
        """Ask for the money. Asked twice, the buyer pays once. Raises ProviderUnavailable."""

    async def get_outcome(self, payment: PaymentRequest) -> OutcomeReport | None:
        """Return the outcome of a payment, or None if there is none yet. Raises ProviderUnavailable."""

    async def refund(self, payment: PaymentRequest) -> None:
        """Give the money back. Asked twice, it is given back once. Raises ProviderUnavailable."""
