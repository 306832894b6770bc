"""What member calls when an account is suspended, deleted or has its roles changed."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response

from platform_auth.sessions.dependencies import Sessions
from platform_common.tokens.callers import service_token
from platform_common.tokens.service import ServiceTokenVerifier

router = APIRouter(prefix="/internal", tags=["internal"])

events = structlog.get_logger("auth.events")


def calling_service(request: Request, _: Annotated[object, Depends(service_token)]) -> str:
    """Return which service calls. Raises Unauthenticated without its token."""
    verifier: ServiceTokenVerifier = request.app.state.service_tokens
    return verifier.caller(request.headers.get("Authorization"))


@router.delete("/members/{member_id}/sessions", status_code=204)
async def end_member_sessions(
    member_id: str,
    sessions: Sessions,
    service: Annotated[str, Depends(calling_service)],
    epoch: Annotated[int | None, Query(ge=0, lt=2**53)] = None,
    keep: Annotated[str | None, Query(alias="except")] = None,
) -> Response:
    """End the member's sessions, all but `except`.

    With `epoch`, a log-in whose credentials were verified under an older one is refused from now on.
    """
    ended = await sessions.end_all(member_id, epoch, keep)
    events.info("member_sessions_ended", member=member_id, sessions=ended, epoch=epoch, by=service, outcome="succeeded")
    return Response(status_code=204)
