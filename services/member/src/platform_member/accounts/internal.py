"""`/internal/members`: for the platform's own services, by service token; on no route of the edge."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from platform_common.media_types import JSON, takes
from platform_common.tokens.callers import internal_caller
from platform_database.boundary import Writes
from platform_database.ledger.answers import Answer
from platform_database.ledger.service import KeyedRequest
from platform_member.accounts import answers
from platform_member.accounts.errors import MemberNotFound
from platform_member.accounts.schemas import InternalRegistration, MemberView, MemberWithEpoch
from platform_member.openapi import member_created, problems
from platform_member.requests import ClientKey, PartsOf, Session

router = APIRouter(prefix="/internal/members", tags=["internal"])


@router.post(
    "",
    status_code=201,
    responses=member_created(MemberView),
    response_class=Response,
    dependencies=[Depends(takes(JSON))],
)
async def register_member(
    body: InternalRegistration,
    parts: PartsOf,
    session: Session,
    service: Annotated[str, Depends(internal_caller("auth"))],
    client: ClientKey = "",
) -> Response:
    """Make a member from its own registration, once per `idempotency`."""
    claim = body.idempotency
    # The service's name comes first, so that no scope it makes up is a member's own.
    keyed = KeyedRequest(f"{service}:{claim.scope}", claim.key, claim.fingerprint) if claim else None

    async def effect() -> Answer:
        return answers.created_answer(await parts.accounts.create(session, body, client=client))

    return await Writes(session, parts.ledger, parts.outbox, keyed).run(effect)


@router.get(
    "/{member_id}", responses={200: {"model": MemberWithEpoch}, **problems(401, 403, 404, 503)}, response_class=Response
)
async def read_member_with_epoch(
    member_id: str,
    parts: PartsOf,
    session: Session,
    _service: Annotated[str, Depends(internal_caller("auth", "shop", "web"))],
) -> Response:
    """Read a member and the epoch of its sessions."""
    try:
        target = UUID(member_id)
    except ValueError:
        raise MemberNotFound("The member does not exist.") from None
    return answers.document_answer(MemberWithEpoch.of(await parts.accounts.read(session, target)))
