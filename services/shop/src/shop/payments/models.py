"""The payments' tables."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, PrimaryKeyConstraint, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.orm import Table


class PaymentState(StrEnum):
    """Where the money is: not here yet, here, never to come, or on its way back."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    # The order was cancelled before a word came.
    CANCELLED = "cancelled"
    # No word came in time.
    EXPIRED = "expired"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


class Payment(Table):
    """The payment of one order. `next_check_at` is when the provider is asked, should it not have said anything."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'paid', 'failed', 'cancelled', 'expired', 'refunding', 'refunded')", name="state"
        ),
        Index("ix_payments_due", "next_check_at", postgresql_where=text("state = 'pending'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid_utils.compat.uuid7)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), unique=True)
    provider: Mapped[str] = mapped_column(Text)
    # What the provider gave the buyer's browser: good for this one payment.
    token: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text, default=PaymentState.PENDING)
    next_check_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deadline_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class PaymentEvent(Table):
    """Something that a provider told us, so that it is heeded once."""

    __tablename__ = "payment_events"
    __table_args__ = (PrimaryKeyConstraint("provider", "id"),)

    provider: Mapped[str] = mapped_column(Text)
    id: Mapped[str] = mapped_column(Text)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
