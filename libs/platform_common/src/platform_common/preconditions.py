"""Conditional requests (RFC 9110, section 13): the entity tag is a version, a number or a digest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.datastructures import Headers

from platform_common.problems import Problem

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
# RFC 9110, section 5.6.1: empty elements of a list are ignored.
_LIST = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_ONE = re.compile(_TAG)
_ANY = "*"


class PreconditionFailed(Problem):
    """The thing has changed since the caller read it (RFC 9110, section 13.1.1)."""

    code = "precondition-failed"
    status = 412


class PreconditionRequired(Problem):
    """A replacement requires `If-Match`; without it, it could undo an unseen change (RFC 6585, section 3)."""

    code = "precondition-required"
    status = 428


class PreconditionMalformed(Problem):
    """`If-Match` or `If-None-Match` is no list of entity tags."""

    code = "precondition-malformed"
    status = 400


def entity_tag(version: int | str) -> str:
    """Return the strong entity tag of `version`."""
    return f'"{version}"'


@dataclass(frozen=True)
class Preconditions:
    """The values of `If-Match` and `If-None-Match`; None if the header is absent."""

    if_match: tuple[str, ...] | None = None
    if_none_match: tuple[str, ...] | None = None

    @classmethod
    def from_headers(cls, headers: Headers) -> Preconditions:
        """Read both headers. Raises PreconditionMalformed."""
        return cls(_tags(headers, "if-match"), _tags(headers, "if-none-match"))

    def require_match(self) -> None:
        """Raise PreconditionRequired without `If-Match`."""
        if self.if_match is None:
            raise PreconditionRequired("Send If-Match with the ETag of what you read.")

    def check_change(self, version: int | str) -> None:
        """Raise PreconditionFailed unless the preconditions allow a change of `version`."""
        # Section 13.1.1: a weak tag never matches here.
        if self.if_match is not None and self.if_match != (_ANY,) and entity_tag(version) not in self.if_match:
            raise PreconditionFailed("The resource has changed. Read it again.")
        if self.if_none_match is not None and self.is_unmodified(version):
            raise PreconditionFailed("Precondition failed: the resource matches If-None-Match.")

    def is_unmodified(self, version: int | str) -> bool:
        """Whether a reader already has `version` (weak comparison, section 13.1.2)."""
        if self.if_none_match is None:
            return False
        known = {tag.removeprefix("W/") for tag in self.if_none_match}
        return _ANY in known or entity_tag(version) in known


def _tags(headers: Headers, name: str) -> tuple[str, ...] | None:
    values = headers.getlist(name)
    if not values:
        return None
    value = ", ".join(values).strip(" \t")
    if value == _ANY:
        return (_ANY,)
    if not _LIST.fullmatch(value):
        raise PreconditionMalformed(f"{name.title()} is neither * nor a list of entity tags.")
    return tuple(_ONE.findall(value))


def get_preconditions(
    request: Request,
    if_match: Annotated[  # noqa: ARG001 (for the document)
        str | None, Header(alias="If-Match", description="Entity tags, or `*`.")
    ] = None,
    if_none_match: Annotated[  # noqa: ARG001 (the same)
        str | None, Header(alias="If-None-Match", description="Entity tags, or `*`.")
    ] = None,
) -> Preconditions:
    """The request's preconditions. Raises PreconditionMalformed."""
    return Preconditions.from_headers(request.headers)


PreconditionsDep = Annotated[Preconditions, Depends(get_preconditions)]
