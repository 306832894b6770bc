"""What a mail says beyond its template: links and codes, offered when the mail is about to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from platform_member.accounts import repository
from platform_member.confirmations import repository as confirmations
from platform_member.confirmations.models import Purpose
from platform_member.confirmations.secrets import ConfirmationSecrets
from platform_member.mail.kinds import RESET_LIFETIME, Kind
from platform_member.mail.repository import LeasedMail

VERIFICATION_LIFETIME = timedelta(hours=24)
CODE_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True)
class Content:
    """The values of a mail's templates, and its recipient's locale."""

    locale: str
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


class Contents:
    """Completes mails. `public_url` is the platform's."""

    def __init__(self, secrets: ConfirmationSecrets, public_url: str) -> None:
        self._secrets = secrets
        self._public_url = public_url

    async def complete(self, session: AsyncSession, mail: LeasedMail) -> Content | None:
        """Return what the mail says, or None where there is nothing to send. The session's owner commits."""
        match mail.kind:
            case Kind.VERIFY_EMAIL:
                return await self._verification(session, mail)
            case Kind.RESET_PASSWORD:
                return await self._reset(session, mail)
            case _:
                return Content(mail.locale)

    async def _verification(self, session: AsyncSession, mail: LeasedMail) -> Content | None:
        member = await repository.get(session, mail.member_id) if mail.member_id else None
        if member is None or member.email != mail.recipient or member.email_verified:
            return None
        if not await confirmations.offer(
            session, mail.id, member.id, Purpose.VERIFY_EMAIL, member.email, VERIFICATION_LIFETIME, CODE_LIFETIME
        ):
            return None
        values = {"link": self._link("/verify-email", mail), "code": self._secrets.code(mail.id)}
        return Content(member.locale, values)

    async def _reset(self, session: AsyncSession, mail: LeasedMail) -> Content | None:
        member = await repository.find_by_email(session, mail.recipient)
        # Any address may be asked for; only an active member gets a mail.
        if member is None or not member.is_active:
            return None
        if not await confirmations.offer(
            session, mail.id, member.id, Purpose.RESET_PASSWORD, member.email, RESET_LIFETIME, None
        ):
            return None
        return Content(member.locale, {"link": self._link("/reset-password", mail)})

    def _link(self, path: str, mail: LeasedMail) -> str:
        return f"{self._public_url}{path}?token={quote(self._secrets.link_token(mail.id))}"
