"""Checking a code at a log-in: after the password, under the same epoch, each code once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_member.accounts import repository as members
from platform_member.accounts.credential_check import CredentialsInvalid
from platform_member.accounts.models import Member
from platform_member.credentials.hashing import PasswordHasher, fair_keys
from platform_member.factors import repository
from platform_member.factors.encryption import SecretEncryption
from platform_member.factors.errors import CodeWrong
from platform_member.factors.models import TotpFactor
from platform_member.factors.recovery_codes import canonical
from platform_member.factors.schemas import Method
from platform_member.factors.totp import accepted_step

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _TotpMatch:
    """A code that was right when it was compared; it counts once."""

    factor: TotpFactor
    step: int

    async def use(self, session: AsyncSession) -> bool:
        return await repository.accept_step(session, self.factor, self.step)


@dataclass(frozen=True)
class _RecoveryCodeHash:
    """What was presented as a recovery code, as it would be stored."""

    member_id: UUID
    code_hash: str

    async def use(self, session: AsyncSession) -> bool:
        return await repository.use_recovery_code(session, self.member_id, self.code_hash)


class FactorVerifier:
    """Verifies second factors. No connection is held while a hash is computed."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        hasher: PasswordHasher,
        encryption: SecretEncryption,
        now: Callable[[], float],
    ) -> None:
        self._sessions = sessions
        self._hasher = hasher
        self._encryption = encryption
        self._now = now

    async def verify(self, member_id: UUID, epoch: int, method: Method, code: str, client: str = "") -> Member:
        """Use up a code and return its member.

        Raises CredentialsInvalid for a member that is not active or whose epoch is another by now, CodeWrong,
        HashingOverloaded.
        """
        async with self._sessions() as session:
            member = _same(await members.get(session, member_id), epoch)
            if method is Method.TOTP:
                presented: _TotpMatch | _RecoveryCodeHash | None = await self._match(session, member_id, code)
                stored = None
            else:
                stored = await repository.some_recovery_code(session, member_id)
        if method is Method.RECOVERY_CODE:
            presented = await self._hashed(member, code, stored, client)
        async with self._sessions.begin() as session:
            # Locked: no change of factors, password or status comes between the check of the epoch and the use.
            member = _same(await members.get_for_change(session, member_id), epoch)
            accepted = presented is not None and await presented.use(session)
        if not accepted:
            log.info("second_factor_refused", method=method, member_id=str(member_id))
            raise CodeWrong
        log.info("second_factor_verified", method=method, member_id=str(member_id))
        return member

    async def _match(self, session: AsyncSession, member_id: UUID, code: str) -> _TotpMatch | None:
        factor = await repository.get_totp(session, member_id)
        if factor is None or factor.confirmed_at is None:
            return None
        secret = self._encryption.decrypt(member_id, factor.encrypted_secret)
        step = accepted_step(secret, code, self._now(), factor.last_step)
        return _TotpMatch(factor, step) if step is not None else None

    async def _hashed(self, member: Member, code: str, stored: str | None, client: str) -> _RecoveryCodeHash | None:
        if stored is None:
            return None
        keys = fair_keys(member.email, client)
        return _RecoveryCodeHash(member.id, await self._hasher.hash_like(stored, canonical(code), keys))


def _same(member: Member | None, epoch: int) -> Member:
    if member is None or not member.is_active or member.session_epoch != epoch:
        raise CredentialsInvalid("The account changed during log-in.")
    return member
