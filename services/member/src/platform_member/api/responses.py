"""Responses about members as bytes, so that they can be recorded under an idempotency key."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel
from starlette.responses import Response

from platform_common.preconditions import Preconditions, entity_tag
from platform_database.idempotency.stored_response import StoredResponse
from platform_database.outbox.events import Event
from platform_member.accounts.models import Member
from platform_member.accounts.schemas import MemberView, MemberWithEpoch
from platform_member.accounts.service import Change
from platform_member.factors.schemas import TotpEnabled

JSON = "application/json"


def member_response(member: Member, preconditions: Preconditions) -> Response:
    """Return the member, or 304 when the client has the current version."""
    response = _member(200, member)
    if preconditions.is_unmodified(member.version):
        return StoredResponse(304, {"ETag": response.headers["ETag"]}).to_response()
    return response.to_response()


def json_response(document: BaseModel) -> Response:
    """Return a document that is not a single member."""
    return document_response(200, document).to_response()


def document_response(status: int, document: BaseModel) -> StoredResponse:
    """Return a document that is not a single member, for a unit of work."""
    return StoredResponse(status, {"Content-Type": JSON}, document.model_dump_json().encode())


def created_response(member: Member) -> StoredResponse:
    """Return 201 and the member's URL."""
    return _member(201, member, {"Location": f"/api/members/{member.id}"})


def changed_response(change: Change) -> StoredResponse:
    """Return 200; 202 until the events of the change are delivered."""
    return _member(200, change.member, events=change.events)


def credentials_changed_response(change: Change) -> StoredResponse:
    """Return 200, the member and its epoch; 202 until the events of the change are delivered."""
    return _once_delivered(MemberWithEpoch.from_member(change.member), change)


def totp_enabled_response(change: Change, recovery_codes: Sequence[str]) -> StoredResponse:
    """Return the same with recovery codes."""
    member = MemberWithEpoch.from_member(change.member)
    return _once_delivered(TotpEnabled(**dict(member), recovery_codes=list(recovery_codes)), change)


def deleted_response(events: Sequence[Event]) -> StoredResponse:
    """Return 204; 202 until the events of the deletion are delivered."""
    return StoredResponse(202, final_status=204, pending_events=tuple(events)) if events else StoredResponse(204)


def _once_delivered(document: BaseModel, change: Change) -> StoredResponse:
    body = document.model_dump_json().encode()
    return StoredResponse(202, {"Content-Type": JSON}, body, final_status=200, pending_events=change.events)


def _member(
    status: int, member: Member, headers: dict[str, str] | None = None, events: Sequence[Event] = ()
) -> StoredResponse:
    body = MemberView.model_validate(member).model_dump_json().encode()
    kept = {"Content-Type": JSON, "ETag": entity_tag(member.version), **(headers or {})}
    if events:
        return StoredResponse(202, kept, body, final_status=status, pending_events=tuple(events))
    return StoredResponse(status, kept, body)
