"""The table of members."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import CheckConstraint, DateTime, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from platform_member.orm import Table

ADMIN = "admin"
DEFAULT_ROLES = ("member",)
EMAIL_UNIQUE = "uq_members_email"


class Status(StrEnum):
    """Whether a member may log in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Member(Table):
    """One account.

    `version` grows with every change a client can see and is the entity tag. `session_epoch` grows with every
    change that ends the member's sessions: a log-in that saw an older one must not make a session any more.
    """

    __tablename__ = "members"
    __table_args__ = (CheckConstraint("status IN ('active', 'suspended')", name="status"),)
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 (SQLAlchemy declares it for instances)

    # UUIDv7: sorts by time of creation, so that the list is a walk along the primary key.
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid_utils.compat.uuid7)
    email: Mapped[str] = mapped_column(Text, unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[str] = mapped_column(Text, default=Status.ACTIVE)
    password_hash: Mapped[str] = mapped_column(Text)
    # When the member proved to read `email`; a new address has to be verified again.
    email_verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(default=1)
    session_epoch: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    @property
    def email_verified(self) -> bool:
        """Whether the member proved to read its address."""
        return self.email_verified_at is not None

    @property
    def is_active(self) -> bool:
        """Whether the member may act at all."""
        return self.status == Status.ACTIVE

    @property
    def is_admin(self) -> bool:
        """Whether the member may administer others."""
        return ADMIN in self.roles
