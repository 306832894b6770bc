"""Request and response bodies: JSON, snake_case, without unknown fields."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from platform_common.display_text import filled_line
from platform_common.email_address import Email
from platform_common.payload import Payload, with_example
from platform_member.credentials.policy import Password

_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?")


def _canonical_locale(tag: str) -> str:
    match = _LOCALE.fullmatch(tag)
    if match is None:
        raise ValueError("A locale is a language, then a script or a region where needed, such as ko or pt-BR.")
    language, script, region = match.groups()
    return "-".join(part for part in (language.lower(), script and script.title(), region and region.upper()) if part)


DisplayName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(filled_line)]
Locale = Annotated[str, Field(max_length=11, examples=["en", "ko-KR"]), AfterValidator(_canonical_locale)]
Role = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Roles = Annotated[list[Role], Field(max_length=16), AfterValidator(lambda roles: sorted(set(roles)))]
StatusName = Literal["active", "suspended"]

DEFAULT_LOCALE = "en"


class Registration(Payload):
    """A new member."""

    model_config = with_example(
        {"email": "ada@example.com", "password": "correct horse battery staple", "display_name": "Ada Lovelace"}
    )

    email: Email
    password: Password
    display_name: DisplayName
    locale: Locale = DEFAULT_LOCALE


class MemberCreation(Registration):
    """A new member, created by an administrator."""

    roles: Roles | None = None
    status: StatusName = "active"


def _unset() -> Any:
    # The value of an omitted field; null is rejected, because every field must have a value (RFC 7396).
    return None


class MemberChange(Payload):
    """The fields to change (`model_fields_set`); other fields stay unchanged."""

    model_config = with_example({"email": "ada@example.com", "display_name": "Ada Lovelace", "locale": "en"})

    email: Email = Field(default_factory=_unset)
    display_name: DisplayName = Field(default_factory=_unset)
    locale: Locale = Field(default_factory=_unset)
    roles: Roles = Field(default_factory=_unset)
    status: StatusName = Field(default_factory=_unset)

    def changes(self) -> dict[str, Any]:
        """Return the fields to change with their new values."""
        return self.model_dump(include=self.model_fields_set)


class MemberReplacement(MemberChange):
    """All editable fields; `roles` and `status` only from an administrator, and unchanged if omitted."""

    email: Email = Field()
    display_name: DisplayName = Field()
    locale: Locale = Field()


class RolesReplacement(Payload):
    """The complete list of a member's roles."""

    model_config = with_example({"roles": ["member", "admin"]})

    roles: Roles


class MemberView(BaseModel):
    """A member, as it and administrators see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    email_verified: bool
    display_name: str
    locale: str
    roles: list[str]
    status: StatusName
    version: int
    created_at: datetime
    updated_at: datetime


class MemberPage(BaseModel):
    """One page of members, newest first; `next` leads to the following one."""

    items: list[MemberView]
    next: str | None


class MemberWithEpoch(BaseModel):
    """A member and its `session_epoch`; auth must not create sessions for an older one."""

    member: MemberView
    session_epoch: int

    @classmethod
    def from_member(cls, member: Any, **more: Any) -> Self:
        """Return the view of one row."""
        return cls(member=MemberView.model_validate(member), session_epoch=member.session_epoch, **more)


class VerifiedMember(MemberWithEpoch):
    """A member whose password was right; without `second_factors` that is enough for a session."""

    second_factors: list[str]


class IdempotencyClaim(Payload):
    """The idempotency key of the client's request, as auth received it; `scope` separates clients."""

    key: Annotated[str, Field(min_length=1, max_length=255)]
    scope: Annotated[str, Field(min_length=1, max_length=255)]
    fingerprint: Annotated[str, Field(min_length=1, max_length=255)]


class InternalRegistration(Registration):
    """A registration that auth passes on."""

    idempotency: IdempotencyClaim | None = None
