"""The table of the ledger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, LargeBinary, MetaData, PrimaryKeyConstraint, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from platform_database.orm import NAMES


class LedgerTable(DeclarativeBase):
    """What the ledger's table inherits."""

    metadata = MetaData(naming_convention=NAMES)


class IdempotencyRecord(LedgerTable):
    """One keyed request and its answer.

    A row without a `status` is a claim: its transaction is still open, so nobody else sees it.
    While `settles_at` lies ahead, the status may still change (a part confirms what was done).
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
