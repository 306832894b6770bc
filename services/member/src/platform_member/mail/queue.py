"""Writing mails: in the transaction of the change, so that there is never one without the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from platform_member.mail.kinds import LIFETIME, Kind
from platform_member.mail.models import Mail


class Addressee(Protocol):
    """What a mail needs to know of a member."""

    @property
    def id(self) -> UUID:
        """The member's id."""

    @property
    def email(self) -> str:
        """The member's address."""

    @property
    def locale(self) -> str:
        """The member's language, such as ko-KR."""


class MailQueue:
    """Writes mails for the worker; nothing where the platform has no mail server (`enabled` is false)."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled

    async def add(
        self,
        session: AsyncSession,
        kind: Kind,
        recipient: str,
        locale: str,
        member_id: UUID | None = None,
        lifetime: timedelta = LIFETIME,
    ) -> None:
        """Write a mail in the session's transaction."""
        if not self.enabled:
            return
        session.add(
            Mail(
                kind=kind,
                recipient=recipient,
                locale=locale,
                member_id=member_id,
                expires_at=func.clock_timestamp() + lifetime,
            )
        )
        await session.flush()

    async def notify(self, session: AsyncSession, kind: Kind, member: Addressee) -> None:
        """Write a mail to a member's address, in the member's language."""
        await self.add(session, kind, member.email, member.locale, member.id)
