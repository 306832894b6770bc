"""The table of mails to be sent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import DateTime, ForeignKey, Index, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from platform_member.orm import Table


class Mail(Table):
    """A mail that still has to be sent; its row goes when it was sent, rejected, or has expired.

    It holds no secret and no text: the worker renders the mail, the same at every attempt, with its id in Message-ID.
    """

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_next_attempt_at", "next_attempt_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid_utils.compat.uuid7)
    kind: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    # A deleted member's mails go with the account.
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    # A worker moves it ahead before it sends the mail, so that no other one sends it at the same time.
    next_attempt_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
