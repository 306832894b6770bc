"""What can be wrong with a request about members."""

from __future__ import annotations

from platform_common.problems import Forbidden, NotFound, Problem


class MemberNotFound(NotFound):
    """There is no such member, or it is another's and the caller is no administrator: both look alike."""

    code = "member-not-found"


class EmailTaken(Problem):
    """Another member has this address."""

    code = "email-taken"
    status = 409


class LastAdministrator(Problem):
    """Nobody would be left to administer the platform."""

    code = "last-administrator"
    status = 409


class FieldRequiresAdmin(Forbidden):
    """`status` and `roles` are an administrator's to change."""

    code = "field-requires-admin"
