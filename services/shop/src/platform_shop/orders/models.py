"""Tables of orders. An order contains names and prices, so that it does not change with the catalogue."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, PrimaryKeyConstraint, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platform_shop.languages import Language
from platform_shop.orm import Table
from platform_shop.payments.models import Payment, PaymentState

# Each failed attempt costs the provider and lets a stranger try card numbers.
MAX_PAYMENT_ATTEMPTS = 5


class OrderState(StrEnum):
    """Where an order is on its way."""

    PENDING = "pending"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Order(Table):
    """A member's order. After the member is deleted, `member_id` and `address` are empty."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled')", name="state"),
        CheckConstraint("total >= 0", name="total"),
        Index("ix_orders_member_id_id", "member_id", "id"),
        Index("ix_orders_state_id", "state", "id"),
        *(
            Index(f"ix_orders_unpaid_{column}", column, postgresql_where=text("state = 'pending'"))
            for column in ("member_id", "origin")
        ),
    )
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 (SQLAlchemy declares it for instances)

    # UUIDv7: sorts by time of creation, so that lists are a walk along an index.
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid_utils.compat.uuid7)
    number: Mapped[str] = mapped_column(Text, unique=True)
    member_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(Text, default=OrderState.PENDING)
    currency: Mapped[str] = mapped_column(Text)
    total: Mapped[int] = mapped_column(BigInteger)
    address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    # Of the client's address, while the order is pending: see `platform_shop.orders.unpaid`.
    origin: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    lines: Mapped[list[OrderLine]] = relationship(order_by="OrderLine.position", lazy="raise")
    history: Mapped[list[OrderStatusChange]] = relationship(order_by="OrderStatusChange.position", lazy="raise")
    payments: Mapped[list[Payment]] = relationship(order_by="Payment.attempt", lazy="raise")

    @property
    def payment(self) -> Payment:
        """The latest attempt to pay it."""
        return self.payments[-1]

    @property
    def is_open(self) -> bool:
        """Whether it is not on its way yet, and not cancelled."""
        return self.state in {OrderState.PENDING, OrderState.PAID}


class OrderLine(Table):
    """One variant of an order, as it was named and priced then."""

    __tablename__ = "order_lines"
    __table_args__ = (
        PrimaryKeyConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    position: Mapped[int]
    # No foreign key: an order outlives what was sold.
    variant_id: Mapped[UUID]
    product_slug: Mapped[str] = mapped_column(Text)
    product_name_ko: Mapped[str] = mapped_column(Text)
    product_name_en: Mapped[str] = mapped_column(Text)
    variant_name_ko: Mapped[str] = mapped_column(Text)
    variant_name_en: Mapped[str] = mapped_column(Text)
    unit_price: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int]

    def product_name(self, language: Language) -> str:
        """Return the product's name in `language`."""
        return self.product_name_ko if language is Language.KOREAN else self.product_name_en

    def variant_name(self, language: Language) -> str:
        """Return the variant's name in `language`."""
        return self.variant_name_ko if language is Language.KOREAN else self.variant_name_en


class OrderStatusChange(Table):
    """A change of an order's state: one line of its timeline."""

    __tablename__ = "order_steps"
    __table_args__ = (PrimaryKeyConstraint("order_id", "position"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    position: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


def is_payable(order: Order) -> bool:
    """Return whether the order accepts another payment attempt before its deadline."""
    failed = order.state == OrderState.PENDING and order.payment.state == PaymentState.FAILED
    return failed and order.payment.attempt < MAX_PAYMENT_ATTEMPTS
