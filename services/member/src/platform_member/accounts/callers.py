"""The caller's current rights by the database: a token alone may be minutes old."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from platform_common.problems import AccountInactive, Forbidden
from platform_common.tokens.access import Principal
from platform_member.accounts import repository
from platform_member.accounts.errors import MemberNotFound
from platform_member.accounts.models import Member

# The path segment by which callers name themselves.
ME = "me"


@dataclass(frozen=True)
class ActiveMember:
    """An active member. `is_admin` is true if both the token and the database say so.

    `member` keeps the loaded row in the request's session, so that reading the caller's own account needs no statement.
    """

    id: UUID
    is_admin: bool
    auth_time: int
    member: Member

    def require_admin(self) -> None:
        """Raise Forbidden unless the caller may administer members."""
        if not self.is_admin:
            raise Forbidden("This requires the administrator role.")

    def target(self, segment: str) -> UUID:
        """Return the member that a path names: `me`, oneself, or anyone for an administrator.

        Raises MemberNotFound for all others, whether they exist or not.
        """
        if segment == ME:
            return self.id
        try:
            member_id = UUID(segment)
        except ValueError:
            member_id = None
        # One spelling an id, so that whatever compares paths sees the same member.
        if member_id is None or str(member_id) != segment or not (self.is_admin or member_id == self.id):
            raise MemberNotFound("The member does not exist.")
        return member_id


async def load_caller(session: AsyncSession, principal: Principal) -> ActiveMember:
    """Return the caller behind a verified token. Raises AccountInactive for a deleted or suspended member."""
    try:
        member_id = UUID(principal.subject)
    except ValueError:
        raise AccountInactive from None
    member = await repository.get(session, member_id)
    if member is None or not member.is_active:
        raise AccountInactive
    return ActiveMember(
        id=member.id, is_admin=principal.is_admin and member.is_admin, auth_time=principal.auth_time, member=member
    )
