"""`/api/admin`: an administrator's way to the same accounts. The edge lets only administrators in; so does this."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from platform_common.media_types import JSON_BODY
from platform_common.pagination import DEFAULT_LIMIT
from platform_common.preconditions import Preconditions, PreconditionsDep
from platform_database.dependencies import Session
from platform_database.idempotency.stored_response import StoredResponse
from platform_member.accounts.models import Status
from platform_member.accounts.schemas import MemberPage, MemberView, RolesReplacement
from platform_member.api import responses
from platform_member.api.dependencies import Administrator, KeyedUnitOfWork, ServicesDep
from platform_member.api.members import Cursor, Limit, Search, list_members
from platform_member.api.openapi import member_changed, member_read, problems, reads
from platform_member.factors.schemas import FactorReset, FactorsView

router = APIRouter(prefix="/api/admin/members", tags=["administration"])


@router.get("", responses=reads(MemberPage, 422), response_class=Response)
async def list_members_as_administrator(
    services: ServicesDep,
    session: Session,
    caller: Administrator,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    q: Search = None,
) -> Response:
    """List members, newest first."""
    return await list_members(services, session, caller, limit, cursor, q)


@router.get("/{member_id}", responses={**member_read(MemberView), **problems(403)}, response_class=Response)
async def read_member_as_administrator(
    member_id: str, services: ServicesDep, session: Session, caller: Administrator, preconditions: PreconditionsDep
) -> Response:
    """Read a member."""
    member = await services.accounts.read(session, caller.target(member_id))
    return responses.member_response(member, preconditions)


@router.post("/{member_id}/suspend", responses=member_changed(MemberView), response_class=Response)
async def suspend_member(
    member_id: str,
    services: ServicesDep,
    session: Session,
    caller: Administrator,
    preconditions: PreconditionsDep,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    """Suspend a member: its sessions end, and it cannot log in."""
    return await _change(
        member_id, {"status": Status.SUSPENDED}, services, session, caller, preconditions, unit_of_work
    )


@router.post("/{member_id}/reinstate", responses=member_changed(MemberView), response_class=Response)
async def reinstate_member(
    member_id: str,
    services: ServicesDep,
    session: Session,
    caller: Administrator,
    preconditions: PreconditionsDep,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    """End a suspension: the member can log in again."""
    return await _change(member_id, {"status": Status.ACTIVE}, services, session, caller, preconditions, unit_of_work)


@router.put(
    "/{member_id}/roles",
    responses=member_changed(MemberView),
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def replace_member_roles(
    member_id: str,
    body: RolesReplacement,
    services: ServicesDep,
    session: Session,
    caller: Administrator,
    preconditions: PreconditionsDep,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    """Give a member these roles and no others; its sessions end."""
    return await _change(member_id, {"roles": body.roles}, services, session, caller, preconditions, unit_of_work)


@router.get(
    "/{member_id}/factors",
    responses={200: {"model": FactorsView}, **problems(401, 403, 404, 503)},
    response_class=Response,
)
async def read_member_factors(
    member_id: str, services: ServicesDep, session: Session, caller: Administrator
) -> Response:
    """Read which second factors a member has."""
    return responses.json_response(await services.factors.overview(session, caller.target(member_id)))


@router.post(
    "/{member_id}/reset-factors",
    responses=member_changed(MemberView),
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def reset_member_factors(
    member_id: str,
    body: FactorReset,
    services: ServicesDep,
    session: Session,
    caller: Administrator,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    """Remove a member's second factors; its sessions end. Requires a recent log-in; the reason goes to the log."""
    target = caller.target(member_id)

    async def operation() -> StoredResponse:
        return responses.changed_response(await services.factors.reset(session, caller, target, body.reason))

    return await unit_of_work.execute(operation)


async def _change(
    member_id: str,
    changes: dict[str, Any],
    services: ServicesDep,
    session: Session,
    caller: Administrator,
    preconditions: Preconditions,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    target = caller.target(member_id)

    async def operation() -> StoredResponse:
        return responses.changed_response(
            await services.accounts.change(session, caller, target, changes, preconditions)
        )

    return await unit_of_work.execute(operation)
