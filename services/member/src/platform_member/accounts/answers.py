"""Answers about members, as bytes: what the ledger keeps and the client gets."""

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

JSON = "application/json"


def read_answer(member: Member, preconditions: Preconditions) -> Response:
    """Return the member, or 304 when the reader has it already."""
    answer = _member(200, member)
    if preconditions.is_unmodified(member.version):
        return StoredResponse(304, {"ETag": answer.headers["ETag"]}).to_response()
    return answer.to_response()


def document_answer(document: BaseModel) -> Response:
    """Return a document that is no single member."""
    return StoredResponse(200, {"Content-Type": JSON}, document.model_dump_json().encode()).to_response()


def created_answer(member: Member) -> StoredResponse:
    """Return 201 and where the member is."""
    return _member(201, member, {"Location": f"/api/members/{member.id}"})


def changed_answer(change: Change) -> StoredResponse:
    """Return 200; 202 as long as others have not taken the events of the change."""
    return _member(200, change.member, events=change.events)


def credentials_changed_answer(change: Change) -> StoredResponse:
    """Return 200, the member and its epoch; 202 as long as others have not taken the events of the change."""
    body = MemberWithEpoch.from_member(change.member).model_dump_json().encode()
    return StoredResponse(202, {"Content-Type": JSON}, body, final_status=200, pending_events=change.events)


def deleted_answer(events: Sequence[Event]) -> StoredResponse:
    """Return 204; 202 as long as others have not taken the events of the deletion."""
    return StoredResponse(202, final_status=204, pending_events=tuple(events)) if events else StoredResponse(204)


def _member(
    status: int, member: Member, headers: dict[str, str] | None = None, events: Sequence[Event] = ()
) -> StoredResponse:
    body = MemberView.model_validate(member).model_dump_json().encode()
    kept = {"Content-Type": JSON, "ETag": entity_tag(member.version), **(headers or {})}
    if events:
        return StoredResponse(202, kept, body, final_status=status, pending_events=tuple(events))
    return StoredResponse(status, kept, body)
