"""The table of confirmations."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from platform_member.orm import Table


class Purpose(StrEnum):
    """What a link or code allows."""

    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 (the name of a purpose)


class Confirmation(Table):
    """What a mail offered to a member: a link, and a code where `code_expires_at` is set.

    A member has one for each purpose: a newer mail replaces it. Its id is the mail's. It is kept after its use, so that
    a mail that is sent twice does not offer it again.
    """

    __tablename__ = "confirmations"
    __table_args__ = (UniqueConstraint("member_id", "purpose"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(Text)
    # The address that the mail went to: the offer ends when the member has another one.
    email: Mapped[str] = mapped_column(Text)
    link_expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    code_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
