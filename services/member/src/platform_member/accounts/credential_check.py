"""Password verification, with the same work and response for every reason of a failure."""

from __future__ import annotations

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_common.email_address import normalize_email
from platform_common.problems import Problem
from platform_member.accounts import repository
from platform_member.accounts.models import Member
from platform_member.credentials.hashing import PasswordHasher, fair_keys

log = structlog.get_logger(__name__)


class CredentialsInvalid(Problem):
    """No active member has this address and this password (ASVS 6.3.8)."""

    code = "credentials-invalid"
    status = 401


class CredentialVerifier:
    """Verifies the credentials of a log-in. No database connection is used while a hash is computed."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], hasher: PasswordHasher) -> None:
        self._sessions = sessions
        self._hasher = hasher

    async def verify(self, email: str, password: str, client: str = "") -> Member:
        """Return the active member with this address and password, its hash renewed where parameters have risen.

        `client` is an opaque key of who asks. Raises CredentialsInvalid, HashingOverloaded.
        """
        address = _normal_form(email)
        keys = fair_keys(address, client)
        self._hasher.check_room(keys)
        member = await self._find(address)
        fits, replacement = await self._hasher.verify(password, member.password_hash if member else None, keys)
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

    async def _find(self, address: str) -> Member | None:
        async with self._sessions() as session:
            return await repository.find_by_email(session, address)


def _normal_form(email: str) -> str:
    try:
        return normalize_email(email)
    except ValueError:
        # No account has the empty address. It is looked up anyway, so that it takes as long as any other.
        return ""
