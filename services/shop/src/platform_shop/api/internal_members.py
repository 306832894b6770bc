"""`/internal/members`: for the outbox of member, which reports deleted members."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from platform_common.tokens.callers import internal_caller
from platform_database.dependencies import Session
from platform_shop.api.dependencies import ServicesDep
from platform_shop.api.openapi import reads

router = APIRouter(prefix="/internal/members", tags=["internal"])


@router.post(
    "/{member_id}/erasure",
    status_code=204,
    responses={204: {"description": "Forgotten."}, **reads(401, 403)},
    response_class=Response,
)
async def erase_member(
    member_id: UUID,
    services: ServicesDep,
    session: Session,
    _service: Annotated[str, Depends(internal_caller("member"))],
) -> Response:
    """Erase a member: delete its cart, and remove its name from its orders. Idempotent."""
    await services.erasure.erase(session, member_id)
    await session.commit()
    services.outbox.after_commit(session)
    return Response(status_code=204)
