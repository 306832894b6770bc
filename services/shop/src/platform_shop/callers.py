"""The caller by its access token, whose session the edge has checked; shop stores no accounts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from platform_common.problems import AccountInactive, Forbidden
from platform_common.tokens.access import Principal


@dataclass(frozen=True)
class Caller:
    """A member."""

    id: UUID
    is_admin: bool

    def require_admin(self) -> None:
        """Raise Forbidden unless the caller is an administrator."""
        if not self.is_admin:
            raise Forbidden("This requires the administrator role.")


def caller_from_principal(principal: Principal) -> Caller:
    """Return the caller behind a verified token. Raises AccountInactive for a subject that is no member's id."""
    try:
        return Caller(UUID(principal.subject), principal.is_admin)
    except ValueError:
        raise AccountInactive from None
