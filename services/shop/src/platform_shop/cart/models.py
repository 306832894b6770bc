"""The carts' tables."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, PrimaryKeyConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from platform_shop.orm import Table

# More of one thing than this is an order for a salesperson.
MAX_QUANTITY = 99


class Cart(Table):
    """A member's cart, or an anonymous visitor's, whose cookie names it. `version` grows with every change."""

    __tablename__ = "carts"
    __table_args__ = (Index("ix_carts_idle", "updated_at", postgresql_where=text("member_id IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID | None] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class CartLine(Table):
    """So many of a variant."""

    __tablename__ = "cart_lines"
    __table_args__ = (
        PrimaryKeyConstraint("cart_id", "variant_id"),
        CheckConstraint(f"quantity BETWEEN 1 AND {MAX_QUANTITY}", name="quantity"),
        Index("ix_cart_lines_variant_id", "variant_id"),
    )

    cart_id: Mapped[UUID] = mapped_column(ForeignKey("carts.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
    quantity: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


class ErasedMember(Table):
    """A deleted member: requests that are still in progress find this record, and store nothing."""

    __tablename__ = "erased_members"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
