"""`/api/members`: a member's own account, and every account for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from platform_common.media_types import JSON, MERGE_PATCH, takes
from platform_common.openapi import merge_patch_body
from platform_common.pages import DEFAULT_LIMIT, MAX_LIMIT, decode_cursor
from platform_common.preconditions import PreconditionsOf
from platform_database.ledger.answers import Answer
from platform_member.accounts import answers
from platform_member.accounts.models import DEFAULT_ROLES
from platform_member.accounts.schemas import MemberChange, MemberCreation, MemberPage, MemberReplacement, MemberView
from platform_member.openapi import member_changed, member_created, member_read, problems, reads
from platform_member.requests import Administrator, CurrentCaller, KeyedWrites, PartsOf, PlainWrites, Session

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
    parts: PartsOf,
    session: Session,
    _caller: Administrator,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    q: Search = None,
) -> Response:
    """List members, newest first."""
    after = decode_cursor(cursor) if cursor else None
    return answers.document_answer(await parts.accounts.page(session, after=after, limit=limit, q=q))


@router.post(
    "",
    status_code=201,
    responses=member_created(MemberView),
    response_class=Response,
    dependencies=[Depends(takes(JSON))],
)
async def create_member(
    body: MemberCreation, parts: PartsOf, session: Session, caller: Administrator, writes: KeyedWrites
) -> Response:
    """Make a member."""

    async def effect() -> Answer:
        roles = body.roles if body.roles is not None else DEFAULT_ROLES
        member = await parts.accounts.create(session, body, roles=roles, status=body.status, client=str(caller.id))
        return answers.created_answer(member)

    return await writes.run(effect)


@router.get("/{member_id}", responses=member_read(MemberView), response_class=Response)
async def read_member(
    member_id: MemberId, parts: PartsOf, session: Session, caller: CurrentCaller, preconditions: PreconditionsOf
) -> Response:
    """Read a member."""
    member = await parts.accounts.read(session, caller.target(member_id))
    return answers.read_answer(member, preconditions)


@router.patch(
    "/{member_id}",
    responses=member_changed(MemberView),
    response_class=Response,
    openapi_extra=merge_patch_body(MemberChange, MERGE_PATCH),
    dependencies=[Depends(takes(MERGE_PATCH, JSON))],
)
async def patch_member(
    member_id: MemberId,
    body: MemberChange,
    parts: PartsOf,
    session: Session,
    caller: CurrentCaller,
    preconditions: PreconditionsOf,
    writes: KeyedWrites,
) -> Response:
    """Change some fields of a member, by a JSON merge patch (RFC 7396)."""
    target = caller.target(member_id)

    async def effect() -> Answer:
        change = await parts.accounts.change(session, caller, target, body.changes(), preconditions)
        return answers.changed_answer(change)

    return await writes.run(effect)


@router.put(
    "/{member_id}",
    responses=member_changed(MemberView, 428),
    response_class=Response,
    dependencies=[Depends(takes(JSON))],
)
async def replace_member(
    member_id: MemberId,
    body: MemberReplacement,
    parts: PartsOf,
    session: Session,
    caller: CurrentCaller,
    preconditions: PreconditionsOf,
    writes: KeyedWrites,
) -> Response:
    """Replace all that can be edited; `If-Match` is required, or a change that nobody saw would be lost."""
    target = caller.target(member_id)
    preconditions.require_match()

    async def effect() -> Answer:
        change = await parts.accounts.change(session, caller, target, body.changes(), preconditions)
        return answers.changed_answer(change)

    return await writes.run(effect)


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
    parts: PartsOf,
    session: Session,
    caller: CurrentCaller,
    preconditions: PreconditionsOf,
    writes: PlainWrites,
) -> Response:
    """Delete a member for good; the e-mail address is free again. One's own account requires a recent log-in."""
    target = caller.target(member_id)

    async def effect() -> Answer:
        events = await parts.accounts.delete(session, caller, target, preconditions)
        await parts.ledger.forget(session, str(target))
        return answers.deleted_answer(events)

    return await writes.run(effect)
