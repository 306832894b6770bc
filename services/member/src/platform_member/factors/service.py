"""Setting up, showing and removing second factors. Works in the session it is given; the request's boundary commits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_member.accounts import repository as members
from platform_member.accounts.callers import ActiveMember
from platform_member.accounts.models import Member
from platform_member.accounts.service import Accounts, Change
from platform_member.credentials.hashing import PasswordHasher, fair_keys
from platform_member.factors import repository, totp
from platform_member.factors.encryption import SecretEncryption
from platform_member.factors.errors import CodeWrong, FactorExists, FactorNotFound
from platform_member.factors.models import TotpFactor
from platform_member.factors.recovery_codes import new_codes, readable
from platform_member.factors.schemas import FactorsView, Method, TotpSetup, TotpStatus
from platform_member.mail.kinds import Kind
from platform_member.mail.queue import MailQueue
from platform_member.outbox.topics import Topic
from platform_member.passkeys import repository as passkeys

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class NewCodes:
    """Recovery codes as their member sees them, and as they are stored."""

    readable: tuple[str, ...]
    hashes: tuple[str, ...]


@dataclass(frozen=True)
class Confirmation:
    """A set-up whose code was right: what has yet to be recorded, if nothing has changed meanwhile."""

    factor: TotpFactor
    step: int
    codes: NewCodes


class Factors:
    """Members' second factors. A change ends the member's other sessions (ASVS 7.4.3)."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        accounts: Accounts,
        mails: MailQueue,
        hasher: PasswordHasher,
        encryption: SecretEncryption,
        product_name: str,
        now: Callable[[], float],
    ) -> None:
        self._sessions = sessions
        self._accounts = accounts
        self._mails = mails
        self._hasher = hasher
        self._encryption = encryption
        self._product_name = product_name
        self._now = now

    async def overview(self, session: AsyncSession, member_id: UUID) -> FactorsView:
        """Return what the member has. Raises MemberNotFound."""
        await self._accounts.read(session, member_id)
        factor = await repository.get_totp(session, member_id)
        confirmed_at = factor.confirmed_at if factor else None
        left = await repository.count_recovery_codes(session, member_id)
        return FactorsView(
            totp=TotpStatus(enabled_at=confirmed_at) if confirmed_at else None,
            recovery_codes_left=left,
            passkeys=await passkeys.count(session, member_id),
        )

    async def methods(self, session: AsyncSession, member_id: UUID) -> list[Method]:
        """Return by which methods the member proves a second factor at a log-in; none where the password suffices."""
        factor = await repository.get_totp(session, member_id)
        if factor is None or factor.confirmed_at is None:
            return []
        left = await repository.count_recovery_codes(session, member_id)
        return [Method.TOTP, *([Method.RECOVERY_CODE] if left else [])]

    async def start_totp(self, session: AsyncSession, member_id: UUID) -> TotpSetup:
        """Return a new secret for the member's app. Raises MemberNotFound, FactorExists."""
        member = await self._accounts.read(session, member_id)
        secret = totp.new_secret()
        encrypted = self._encryption.encrypt(member_id, secret)
        if not await repository.put_unconfirmed_totp(session, member_id, encrypted):
            raise FactorExists
        return TotpSetup(secret=secret, uri=totp.provisioning_uri(secret, member.email, self._product_name))

    async def prepare_confirmation(self, member_id: UUID, code: str, client: str = "") -> Confirmation:
        """Check the first code of an app. Raises FactorNotFound, FactorExists, CodeWrong, HashingOverloaded."""
        async with self._sessions() as session:
            member = await self._accounts.read(session, member_id)
            factor = await repository.get_totp(session, member_id)
        if factor is None:
            raise FactorNotFound
        if factor.confirmed_at is not None:
            raise FactorExists
        secret = self._encryption.decrypt(member_id, factor.encrypted_secret)
        step = totp.accepted_step(secret, code, self._now(), factor.last_step)
        if step is None:
            raise CodeWrong
        return Confirmation(factor, step, await self._new_codes(member, client))

    async def confirm(self, session: AsyncSession, confirmation: Confirmation, keep: str) -> Change:
        """Make the app a factor; every session of the member ends but `keep`. Raises CodeWrong, MemberNotFound."""
        member = await members.require_for_change(session, confirmation.factor.member_id)
        # Fails where another request has confirmed, restarted or removed the set-up meanwhile.
        if not await repository.accept_step(session, confirmation.factor, confirmation.step):
            raise CodeWrong
        await repository.confirm_totp(session, member.id)
        await repository.replace_recovery_codes(session, member.id, confirmation.codes.hashes)
        await self._mails.notify(session, Kind.TWO_STEP_ENABLED, member)
        log.info("totp_enabled", member_id=str(member.id))
        return await self._accounts.end_sessions(session, member, Topic.MEMBER_FACTORS_CHANGED, keep)

    async def remove(self, session: AsyncSession, member_id: UUID, keep: str) -> Change:
        """Remove the app and the recovery codes; every session of the member ends but `keep`. Raises FactorNotFound."""
        member = await members.require_for_change(session, member_id)
        if not await repository.remove_factors(session, member_id):
            raise FactorNotFound
        await self._mails.notify(session, Kind.TWO_STEP_DISABLED, member)
        log.info("totp_disabled", member_id=str(member_id))
        return await self._accounts.end_sessions(session, member, Topic.MEMBER_FACTORS_CHANGED, keep)

    async def reset(self, session: AsyncSession, caller: ActiveMember, member_id: UUID, reason: str) -> Change:
        """Remove a member's factors and passkeys on behalf of an administrator; all its sessions end.

        Raises ReauthenticationRequired, MemberNotFound, FactorNotFound.
        """
        self._accounts.require_fresh_log_in(caller)
        member = await members.require_for_change(session, member_id)
        had_passkeys = await passkeys.remove_all(session, member_id)
        if not await repository.remove_factors(session, member_id) and not had_passkeys:
            raise FactorNotFound
        await self._mails.notify(session, Kind.TWO_STEP_RESET, member)
        log.warning("factors_reset", member_id=str(member_id), by=str(caller.id), reason=reason)
        return await self._accounts.end_sessions(session, member, Topic.MEMBER_FACTORS_RESET)

    async def prepare_codes(self, member_id: UUID, client: str = "") -> NewCodes:
        """Return new recovery codes for a member with an app. Raises FactorNotFound, HashingOverloaded."""
        async with self._sessions() as session:
            member = await self._accounts.read(session, member_id)
            await _require_confirmed(session, member_id)
        return await self._new_codes(member, client)

    async def replace_codes(self, session: AsyncSession, member_id: UUID, codes: NewCodes) -> None:
        """Put `codes` in the place of all earlier ones. Raises FactorNotFound."""
        member = await members.require_for_change(session, member_id)
        await _require_confirmed(session, member_id)
        await repository.replace_recovery_codes(session, member_id, codes.hashes)
        await self._mails.notify(session, Kind.RECOVERY_CODES_REPLACED, member)
        log.info("recovery_codes_replaced", member_id=str(member_id))

    async def _new_codes(self, member: Member, client: str) -> NewCodes:
        codes = new_codes()
        hashes = await self._hasher.hash_all(codes, fair_keys(member.email, client))
        return NewCodes(tuple(map(readable, codes)), tuple(hashes))


async def _require_confirmed(session: AsyncSession, member_id: UUID) -> None:
    factor = await repository.get_totp(session, member_id)
    if factor is None or factor.confirmed_at is None:
        raise FactorNotFound
