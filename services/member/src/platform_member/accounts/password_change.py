"""Change of password, which requires the current one (ASVS 6.2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_common.problems import FieldError, PayloadInvalid
from platform_member.accounts import repository
from platform_member.credentials.hashing import PasswordHasher, fair_keys
from platform_member.credentials.policy import check_password

log = structlog.get_logger(__name__)


class CurrentPasswordWrong(PayloadInvalid):
    """What was given as the current password is another."""

    code = "current-password-wrong"

    def __init__(self) -> None:
        detail = "This is not your current password."
        super().__init__(detail, errors=[FieldError("/current_password", "password-wrong", detail)])


@dataclass(frozen=True)
class PasswordReplacement:
    """A new hash, and the old one that it replaces if it is still current."""

    member_id: UUID
    old_hash: str
    new_hash: str


class PasswordChanges:
    """Checks and prepares changes of passwords. No database connection is used while a hash is computed."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], hasher: PasswordHasher, product_name: str) -> None:
        self._sessions = sessions
        self._hasher = hasher
        self._product_name = product_name

    async def prepare(self, member_id: UUID, current: str, new: str, client: str = "") -> PasswordReplacement:
        """Return the replacement of the member's password.

        Raises CurrentPasswordWrong, PayloadInvalid for a guessable or unchanged new one, HashingOverloaded.
        """
        async with self._sessions() as session:
            member = await repository.get(session, member_id)
        keys = fair_keys(member.email if member else "", client)
        fits, _ = await self._hasher.verify(current, member.password_hash if member else None, keys)
        if member is None or not fits:
            log.info("password_change_refused", member_id=str(member_id))
            raise CurrentPasswordWrong
        if new == current:
            error = FieldError("/new_password", "password-unchanged", "This is your current password.")
            raise PayloadInvalid("The request body is invalid.", errors=[error])
        check_password(
            new,
            email=member.email,
            display_name=member.display_name,
            product_name=self._product_name,
            pointer="/new_password",
        )
        return PasswordReplacement(member.id, member.password_hash, await self._hasher.hash(new, keys))
