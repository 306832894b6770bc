"""`/internal/members`: for the platform's own services, by service token; on no route of the edge."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from platform_common.media_types import JSON_BODY
from platform_common.tokens.callers import internal_caller
from platform_database.dependencies import Session
from platform_database.idempotency.store import IdempotentRequest
from platform_database.idempotency.stored_response import StoredResponse
from platform_database.unit_of_work import UnitOfWork
from platform_member.accounts.errors import MemberNotFound
from platform_member.accounts.schemas import InternalRegistration, MemberView, MemberWithEpoch
from platform_member.api import responses
from platform_member.api.dependencies import ClientKey, ServicesDep
from platform_member.api.openapi import member_created, problems
from platform_member.mail.kinds import Kind

router = APIRouter(prefix="/internal/members", tags=["internal"])


@router.post(
    "",
    status_code=201,
    responses=member_created(MemberView),
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def register_member(
    body: InternalRegistration,
    services: ServicesDep,
    session: Session,
    service: Annotated[str, Depends(internal_caller("auth"))],
    client: ClientKey = "",
) -> Response:
    """Make a member from its own registration, once per `idempotency`."""
    claim = body.idempotency
    # The service's name comes first, so that its scopes never equal a member's.
    keyed = IdempotentRequest(f"{service}:{claim.scope}", claim.key, claim.fingerprint) if claim else None

    async def operation() -> StoredResponse:
        return responses.created_response(
            await services.accounts.create(session, body, client=client, first_mail=Kind.VERIFY_EMAIL)
        )

    return await UnitOfWork(session, services.idempotency, services.outbox, keyed).execute(operation)


@router.get(
    "/{member_id}", responses={200: {"model": MemberWithEpoch}, **problems(401, 403, 404, 503)}, response_class=Response
)
async def read_member_with_epoch(
    member_id: str,
    services: ServicesDep,
    session: Session,
    _service: Annotated[str, Depends(internal_caller("auth", "shop", "web"))],
) -> Response:
    """Read a member and the epoch of its sessions."""
    try:
        target = UUID(member_id)
    except ValueError:
        raise MemberNotFound("The member does not exist.") from None
    return responses.json_response(MemberWithEpoch.from_member(await services.accounts.read(session, target)))
