"""`/api/admin`: an administrator's way to the same accounts. The edge lets only administrators in; so does this."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from platform_common.media_types import JSON, takes
from platform_common.pages import DEFAULT_LIMIT
from platform_common.preconditions import Preconditions, PreconditionsOf
from platform_database.ledger.answers import Answer
from platform_member.accounts import answers
from platform_member.accounts.endpoints import Cursor, Limit, Search, list_members
from platform_member.accounts.models import Status
from platform_member.accounts.schemas import MemberPage, MemberView, RolesReplacement
from platform_member.openapi import member_changed, member_read, problems, reads
from platform_member.requests import Administrator, KeyedWrites, PartsOf, Session

router = APIRouter(prefix="/api/admin/members", tags=["administration"])


@router.get("", responses=reads(MemberPage, 422), response_class=Response)
async def list_members_as_administrator(
    parts: PartsOf,
    session: Session,
    caller: Administrator,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    q: Search = None,
) -> Response:
    """List members, newest first."""
    return await list_members(parts, session, caller, limit, cursor, q)


@router.get("/{member_id}", responses={**member_read(MemberView), **problems(403)}, response_class=Response)
async def read_member_as_administrator(
    member_id: str, parts: PartsOf, session: Session, caller: Administrator, preconditions: PreconditionsOf
) -> Response:
    """Read a member."""
    member = await parts.accounts.read(session, caller.target(member_id))
    return answers.read_answer(member, preconditions)


@router.post("/{member_id}/suspend", responses=member_changed(MemberView), response_class=Response)
async def suspend_member(
    member_id: str,
    parts: PartsOf,
    session: Session,
    caller: Administrator,
    preconditions: PreconditionsOf,
    writes: KeyedWrites,
) -> Response:
    """Suspend a member: its sessions end, and it cannot log in."""
    return await _change(member_id, {"status": Status.SUSPENDED}, parts, session, caller, preconditions, writes)


@router.post("/{member_id}/reinstate", responses=member_changed(MemberView), response_class=Response)
async def reinstate_member(
    member_id: str,
    parts: PartsOf,
    session: Session,
    caller: Administrator,
    preconditions: PreconditionsOf,
    writes: KeyedWrites,
) -> Response:
    """End a suspension: the member can log in again."""
    return await _change(member_id, {"status": Status.ACTIVE}, parts, session, caller, preconditions, writes)


@router.put(
    "/{member_id}/roles",
    responses=member_changed(MemberView),
    response_class=Response,
    dependencies=[Depends(takes(JSON))],
)
async def replace_member_roles(
    member_id: str,
    body: RolesReplacement,
    parts: PartsOf,
    session: Session,
    caller: Administrator,
    preconditions: PreconditionsOf,
    writes: KeyedWrites,
) -> Response:
    """Give a member these roles and no others; its sessions end."""
    return await _change(member_id, {"roles": body.roles}, parts, session, caller, preconditions, writes)


async def _change(
    member_id: str,
    changes: dict[str, Any],
    parts: PartsOf,
    session: Session,
    caller: Administrator,
    preconditions: Preconditions,
    writes: KeyedWrites,
) -> Response:
    target = caller.target(member_id)

    async def effect() -> Answer:
        return answers.changed_answer(await parts.accounts.change(session, caller, target, changes, preconditions))

    return await writes.run(effect)
