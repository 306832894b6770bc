"""What a link or a code in a mail allows: to verify an address, and to set a new password without the current one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_common.email_address import normalize_email
from platform_common.problems import FieldError, NotFound, PayloadInvalid
from platform_member.accounts import repository
from platform_member.accounts.models import Member
from platform_member.accounts.service import Accounts, Change
from platform_member.confirmations import repository as confirmations
from platform_member.confirmations.models import Purpose
from platform_member.confirmations.secrets import ConfirmationSecrets
from platform_member.credentials.hashing import PasswordHasher, fair_keys
from platform_member.credentials.policy import check_password
from platform_member.mail.kinds import RESET_LIFETIME, Kind
from platform_member.mail.queue import MailQueue

MAX_CODE_ATTEMPTS = 5

log = structlog.get_logger(__name__)


class MailDisabled(NotFound):
    """The platform sends no mails, so there is nothing that a mail could confirm."""

    code = "mail-disabled"

    def __init__(self) -> None:
        super().__init__("This platform sends no mails.")


class LinkInvalid(PayloadInvalid):
    """A link's token is not ours, has expired, was used, or a newer mail replaced it."""

    code = "link-invalid"

    def __init__(self) -> None:
        super().__init__("The link is invalid, was used, or has expired. Request another one.")


class EmailCodeInvalid(PayloadInvalid):
    """The code of a mail is wrong, has expired, was used, or was tried too often."""

    code = "email-code-invalid"

    def __init__(self) -> None:
        detail = "The code is wrong or has expired. After five attempts, request another one."
        super().__init__(detail, errors=[FieldError("/code", "code-wrong", detail)])


@dataclass(frozen=True)
class Recovery:
    """The confirmation that allows a new password, and the password's hash."""

    confirmation: UUID
    password_hash: str


class EmailProofs:
    """Verification of addresses and recovery of passwords. Every method raises MailDisabled without a mail server."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        hasher: PasswordHasher,
        mails: MailQueue,
        secrets: ConfirmationSecrets,
        accounts: Accounts,
        product_name: str,
    ) -> None:
        self._sessions = sessions
        self._hasher = hasher
        self._mails = mails
        self._secrets = secrets
        self._accounts = accounts
        self._product_name = product_name

    async def request_verification(self, session: AsyncSession, member_id: UUID) -> None:
        """Write a mail with a link and a code, unless the address is verified. Raises MemberNotFound."""
        self._require_mails()
        member = await self._accounts.read(session, member_id)
        if not member.email_verified:
            await self._mails.notify(session, Kind.VERIFY_EMAIL, member)

    async def verify_by_link(self, session: AsyncSession, token: str) -> Member:
        """Mark the address as verified that a link was sent to. Raises LinkInvalid."""
        self._require_mails()
        confirmation = self._secrets.read_link_token(token)
        if confirmation is None:
            raise LinkInvalid
        return await self._mark_verified(session, await self._use_link(session, confirmation, Purpose.VERIFY_EMAIL))

    async def verify_by_code(self, member_id: UUID, code: str) -> Member:
        """Mark the member's address as verified. Commits by itself: a wrong attempt counts. Raises EmailCodeInvalid."""
        self._require_mails()
        async with self._sessions.begin() as session:
            confirmation = await confirmations.count_attempt(
                session, member_id, Purpose.VERIFY_EMAIL, MAX_CODE_ATTEMPTS
            )
        if confirmation is None or not self._secrets.is_code(confirmation, code):
            log.info("email_code_refused", member_id=str(member_id), attempt_left=confirmation is not None)
            raise EmailCodeInvalid
        async with self._sessions.begin() as session:
            member = await repository.get_for_change(session, member_id)
            used = await confirmations.use_code(session, confirmation, Purpose.VERIFY_EMAIL)
            if used is None or member is None or member.email != used.email:
                raise EmailCodeInvalid
            return await self._mark_verified(session, member)

    async def request_reset(self, session: AsyncSession, email: str, locale: str) -> None:
        """Write a mail for an address, whether or not a member has it: the worker finds out, not the request."""
        self._require_mails()
        try:
            address = normalize_email(email)
        except ValueError:
            # No account can have it.
            return
        await self._mails.add(session, Kind.RESET_PASSWORD, address, locale, lifetime=RESET_LIFETIME)

    async def prepare_reset(self, token: str, password: str, client: str = "") -> Recovery:
        """Check link and password, and hash the password. No connection is held while a hash is computed.

        Raises LinkInvalid, PayloadInvalid for a guessable password, HashingOverloaded.
        """
        self._require_mails()
        confirmation = self._secrets.read_link_token(token)
        async with self._sessions() as session:
            offered = confirmation and await confirmations.peek_link(session, confirmation, Purpose.RESET_PASSWORD)
            member = await repository.get(session, offered.member_id) if offered else None
        if confirmation is None or member is None:
            log.info("reset_link_refused")
            raise LinkInvalid
        check_password(
            password,
            email=member.email,
            display_name=member.display_name,
            product_name=self._product_name,
            pointer="/new_password",
        )
        return Recovery(confirmation, await self._hasher.hash(password, fair_keys(member.email, client)))

    async def reset(self, session: AsyncSession, recovery: Recovery) -> Change:
        """Set the new password, use the link up, and end the member's sessions. Raises LinkInvalid."""
        member = await self._use_link(session, recovery.confirmation, Purpose.RESET_PASSWORD)
        # The link went to this address, so its owner reads it.
        await self._mark_verified(session, member)
        return await self._accounts.recover_password(session, member, recovery.password_hash)

    async def _use_link(self, session: AsyncSession, confirmation: UUID, purpose: Purpose) -> Member:
        """Use a link up and return its member, locked. Raises LinkInvalid."""
        offered = await confirmations.peek_link(session, confirmation, purpose)
        # The member's row first, as everywhere, so that no two requests wait for one another.
        member = await repository.get_for_change(session, offered.member_id) if offered else None
        if member is None or not member.is_active:
            raise LinkInvalid
        used = await confirmations.use_link(session, confirmation, purpose)
        if used is None or used.email != member.email:
            raise LinkInvalid
        return member

    async def _mark_verified(self, session: AsyncSession, member: Member) -> Member:
        if not member.email_verified:
            member.email_verified_at = func.clock_timestamp()
            member.version += 1
            member.updated_at = func.clock_timestamp()
            await repository.save(session, member)
            await confirmations.revoke(session, member.id, Purpose.VERIFY_EMAIL)
            log.info("email_verified", member_id=str(member.id))
        return member

    def _require_mails(self) -> None:
        if not self._mails.enabled:
            raise MailDisabled
