"""`/api/members`: a member's own account, and every account for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from platform_common.media_types import JSON, JSON_BODY, MERGE_PATCH, require_content_type
from platform_common.openapi import merge_patch_body
from platform_common.pagination import DEFAULT_LIMIT, MAX_LIMIT, decode_cursor
from platform_common.preconditions import PreconditionsDep
from platform_database.dependencies import Session
from platform_database.idempotency.stored_response import StoredResponse
from platform_member.accounts.models import DEFAULT_ROLES
from platform_member.accounts.schemas import MemberChange, MemberCreation, MemberPage, MemberReplacement, MemberView
from platform_member.api import responses
from platform_member.api.dependencies import (
    Administrator,
    CurrentCaller,
    KeyedUnitOfWork,
    ServicesDep,
    UnkeyedUnitOfWork,
)
from platform_member.api.openapi import member_changed, member_created, member_read, problems, reads

router = APIRouter(prefix="/api/members", tags=["members"])

MemberId = Annotated[str, Path(description="An id, or `me`.", examples=["me"])]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many members a page holds at most.")]
Cursor = Annotated[str | None, Query(max_length=64, description="`next` of the page before.")]
Search = Annotated[
    str | None,
    Query(max_length=100, pattern=r"^[^\x00]*$", description="Part of an e-mail address or a display name."),
]


@router.get("", responses=reads(MemberPage, 422), response_class=Response)
async def list_members(
    services: ServicesDep,
    session: Session,
    _caller: Administrator,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    q: Search = None,
) -> Response:
    """List members, newest first."""
    after = decode_cursor(cursor) if cursor else None
    return responses.json_response(await services.accounts.list_members(session, after=after, limit=limit, q=q))


@router.post(
    "",
    status_code=201,
    responses=member_created(MemberView),
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def create_member(
    body: MemberCreation, services: ServicesDep, session: Session, caller: Administrator, unit_of_work: KeyedUnitOfWork
) -> Response:
    """Make a member."""

    async def operation() -> StoredResponse:
        roles = body.roles if body.roles is not None else DEFAULT_ROLES
        member = await services.accounts.create(session, body, roles=roles, status=body.status, client=str(caller.id))
        return responses.created_response(member)

    return await unit_of_work.execute(operation)


@router.get("/{member_id}", responses=member_read(MemberView), response_class=Response)
async def read_member(
    member_id: MemberId, services: ServicesDep, session: Session, caller: CurrentCaller, preconditions: PreconditionsDep
) -> Response:
    """Read a member."""
    member = await services.accounts.read(session, caller.target(member_id))
    return responses.member_response(member, preconditions)


@router.patch(
    "/{member_id}",
    responses=member_changed(MemberView),
    response_class=Response,
    openapi_extra=merge_patch_body(MemberChange, MERGE_PATCH),
    dependencies=[Depends(require_content_type(MERGE_PATCH, JSON))],
)
async def patch_member(
    member_id: MemberId,
    body: MemberChange,
    services: ServicesDep,
    session: Session,
    caller: CurrentCaller,
    preconditions: PreconditionsDep,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    """Change some fields of a member, by a JSON merge patch (RFC 7396)."""
    target = caller.target(member_id)

    async def operation() -> StoredResponse:
        change = await services.accounts.change(session, caller, target, body.changes(), preconditions)
        return responses.changed_response(change)

    return await unit_of_work.execute(operation)


@router.put(
    "/{member_id}",
    responses=member_changed(MemberView, 428),
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def replace_member(
    member_id: MemberId,
    body: MemberReplacement,
    services: ServicesDep,
    session: Session,
    caller: CurrentCaller,
    preconditions: PreconditionsDep,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    """Replace all editable fields. Requires `If-Match`, so that no unseen change is overwritten."""
    target = caller.target(member_id)
    preconditions.require_match()

    async def operation() -> StoredResponse:
        change = await services.accounts.change(session, caller, target, body.changes(), preconditions)
        return responses.changed_response(change)

    return await unit_of_work.execute(operation)


@router.delete(
    "/{member_id}",
    status_code=204,
    responses={
        204: {"description": "Deleted, and every session ended."},
        202: {"description": "Deleted; its sessions end as soon as auth is back."},
        **problems(400, 401, 404, 409, 412, 503),
    },
    response_class=Response,
)
async def delete_member(
    member_id: MemberId,
    services: ServicesDep,
    session: Session,
    caller: CurrentCaller,
    preconditions: PreconditionsDep,
    unit_of_work: UnkeyedUnitOfWork,
) -> Response:
    """Delete a member for good; the e-mail address is free again. One's own account requires a recent log-in."""
    target = caller.target(member_id)

    async def operation() -> StoredResponse:
        events = await services.accounts.delete(session, caller, target, preconditions)
        await services.idempotency.forget(session, str(target))
        return responses.deleted_response(events)

    return await unit_of_work.execute(operation)
