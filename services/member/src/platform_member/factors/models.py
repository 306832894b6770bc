"""The tables of second factors."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from platform_member.accounts.models import Member
from platform_member.orm import Table


class TotpFactor(Table):
    """A member's authenticator app. It is a factor once `confirmed_at` is set; before that it is being set up.

    `last_step` is the time step of the last accepted code: codes of it and of earlier ones are refused.
    """

    __tablename__ = "totp_factors"

    member_id: Mapped[UUID] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), primary_key=True)
    encrypted_secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RecoveryCode(Table):
    """A recovery code that was not used yet, as a hash; all codes of a member share one salt."""

    __tablename__ = "recovery_codes"

    member_id: Mapped[UUID] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(Text, primary_key=True)
