"""The outbox's tables: events, and one delivery an event and consumer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import DateTime, ForeignKey, Index, MetaData, PrimaryKeyConstraint, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from platform_database.orm import NAMES


class OutboxTable(DeclarativeBase):
    """What the outbox's tables inherit."""

    metadata = MetaData(naming_convention=NAMES)


class OutboxEvent(OutboxTable):
    """Something that happened. It names things by their ids only, and outlives them."""

    __tablename__ = "outbox_events"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid_utils.compat.uuid7)
    topic: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class OutboxDelivery(OutboxTable):
    """The delivery of an event to `consumer`; a sender moves `next_attempt_at` ahead first."""

    __tablename__ = "outbox_deliveries"
    __table_args__ = (
        PrimaryKeyConstraint("event_id", "consumer"),
        Index("ix_outbox_deliveries_due", "next_attempt_at", postgresql_where=text("delivered_at IS NULL")),
    )

    event_id: Mapped[UUID] = mapped_column(ForeignKey("outbox_events.id", ondelete="CASCADE"))
    consumer: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
