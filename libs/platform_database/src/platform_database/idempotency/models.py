"""The table of idempotency records."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, LargeBinary, MetaData, PrimaryKeyConstraint, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from platform_database.orm import NAMES


class IdempotencyTable(DeclarativeBase):
    """Declarative base of the table."""

    metadata = MetaData(naming_convention=NAMES)


class IdempotencyRecord(IdempotencyTable):
    """One keyed request and its response.

    A row without a `status` is a claim: its transaction is still open, so no other transaction sees it.
    Until `settles_at`, the status may still change (another service confirms the change).
    """

    __tablename__ = "idempotency_records"
    __table_args__ = (PrimaryKeyConstraint("scope", "key"),)

    scope: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    settles_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
