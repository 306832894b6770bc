"""The payments' tables."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from platform_shop.orm import Table


class PaymentState(StrEnum):
    """The state of a payment: pending, paid, failed, or being refunded."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    # The order was cancelled before the provider reported an outcome.
    CANCELLED = "cancelled"
    # The provider did not report an outcome in time.
    EXPIRED = "expired"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


class Payment(Table):
    """One attempt to pay an order; the attempts of an order are numbered and share its deadline.

    `next_check_at` is when the sweep looks at it: to ask the provider for a missing outcome, or to give up the order.
    It is null for a payment that needs no check.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'paid', 'failed', 'cancelled', 'expired', 'refunding', 'refunded')", name="state"
        ),
        UniqueConstraint("order_id", "attempt", name="uq_payments_order_id_attempt"),
        Index("ix_payments_due", "next_check_at", postgresql_where=text("next_check_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid_utils.compat.uuid7)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    attempt: Mapped[int] = mapped_column(server_default="1")
    provider: Mapped[str] = mapped_column(Text)
    # What the provider gave the buyer's browser: good for this one payment.
    token: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text, default=PaymentState.PENDING)
    failure_reason: Mapped[str | None] = mapped_column(Text)
    next_check_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    deadline_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    def finish(self, state: PaymentState) -> None:
        """Enter a state that needs no further check."""
        self.state = state
        self.next_check_at = None

    def fail(self, reason: str | None) -> None:
        """Note that the provider took no money. The order can be paid by another attempt until the deadline."""
        self.state = PaymentState.FAILED
        self.failure_reason = reason
        self.next_check_at = self.deadline_at


class PaymentEvent(Table):
    """An event of a provider, recorded so that it is handled once."""

    __tablename__ = "payment_events"
    __table_args__ = (PrimaryKeyConstraint("provider", "id"),)

    provider: Mapped[str] = mapped_column(Text)
    id: Mapped[str] = mapped_column(Text)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
