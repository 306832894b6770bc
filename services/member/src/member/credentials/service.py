"""Checking a password: the same work and the same answer, whatever the reason for a no."""

from __future__ import annotations

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from member.accounts import repository
from member.accounts.models import Member
from member.credentials.hashing import PasswordHasher
from platform_common.email_address import normalize_email
from platform_common.problems import Problem

log = structlog.get_logger(__name__)


class CredentialsInvalid(Problem):
    """No active member has this address and this password (ASVS 6.3.8)."""

    code = "credentials-invalid"
    status = 401


class Credentials:
    """Verifies what a log-in presents. No connection is held while a hash is computed."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], hasher: PasswordHasher) -> None:
        self._sessions = sessions
        self._hasher = hasher

    async def verify(self, email: str, password: str) -> Member:
        """Return the active member with this address and password, its hash renewed where parameters have risen.

        Raises CredentialsInvalid, HashingOverloaded.
        """
        member = await self._find(email)
        fits, replacement = await self._hasher.verify(password, member.password_hash if member else None)
        if member is None or not fits or not member.is_active:
            reason = "unknown" if member is None else "suspended" if fits else "wrong-password"
            log.info("credentials_refused", reason=reason, member_id=str(member.id) if member else None)
            raise CredentialsInvalid("The e-mail address or the password is wrong.")
        if replacement is not None:
            async with self._sessions.begin() as session:
                await repository.replace_password_hash(session, member.id, member.password_hash, replacement)
            log.info("password_rehashed", member_id=str(member.id))
        log.info("credentials_verified", member_id=str(member.id))
        return member

    async def _find(self, email: str) -> Member | None:
        try:
            address = normalize_email(email)
        except ValueError:
            # Nobody's: still worth a round trip, so that it takes as long as anybody's.
            address = ""
        async with self._sessions() as session:
            return await repository.find_by_email(session, address)
