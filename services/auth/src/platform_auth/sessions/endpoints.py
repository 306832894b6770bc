"""Renewing, ending and listing sessions."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Response

from platform_auth.openapi import problems
from platform_auth.rate_limiting import TooManyAttempts
from platform_auth.sessions.dependencies import Caller, CallerDevice, Sessions
from platform_auth.sessions.errors import RefreshRejected
from platform_auth.sessions.schemas import RefreshBody, SessionOut, SessionsOut, TokensOut
from platform_common.media_types import JSON_BODY

router = APIRouter(prefix="/auth", tags=["sessions"])

events = structlog.get_logger("auth.events")


@router.post(
    "/refresh",
    summary="Exchange a refresh token for a new pair of tokens",
    responses=problems(401, 429),
    dependencies=[JSON_BODY],
)
async def refresh_session(body: RefreshBody, sessions: Sessions, device: CallerDevice) -> TokensOut:
    """Return new tokens of the same session; the presented refresh token is used up."""
    try:
        session, pair = await sessions.refresh(body.refresh_token, device)
    except RefreshRejected as refused:
        events.info("refresh_refused", reason=refused.code, address=device.address, outcome="refused")
        raise
    except TooManyAttempts:
        events.warning("refresh_throttled", address=device.address, outcome="refused")
        raise
    events.info(
        "session_refreshed", member=session.member, session=session.id, address=device.address, outcome="succeeded"
    )
    return TokensOut.from_pair(pair)


@router.post("/logout", status_code=204, summary="End this session")
async def log_out(caller: Caller, sessions: Sessions, device: CallerDevice) -> Response:
    """End the caller's session; after the response, no replica accepts any of its tokens."""
    await sessions.end(caller.id, caller.member)
    events.info("logged_out", member=caller.member, session=caller.id, address=device.address, outcome="succeeded")
    return Response(status_code=204)


@router.post("/logout-all", status_code=204, summary="End all of one's sessions")
async def log_out_everywhere(caller: Caller, sessions: Sessions, device: CallerDevice) -> Response:
    """End every session of the caller, this one included."""
    ended = await sessions.end_all(caller.member)
    events.info(
        "logged_out_everywhere", member=caller.member, sessions=ended, address=device.address, outcome="succeeded"
    )
    return Response(status_code=204)


@router.get("/sessions", summary="List one's sessions")
async def list_sessions(caller: Caller, sessions: Sessions) -> SessionsOut:
    """Return the caller's sessions that are alive: all of them, since their number is limited."""
    return SessionsOut(
        items=[SessionOut.from_session(session, caller.id) for session in await sessions.list_for_member(caller.member)]
    )


@router.delete("/sessions/{session_id}", status_code=204, summary="End one of one's sessions", responses=problems(404))
async def end_session(session_id: str, caller: Caller, sessions: Sessions, device: CallerDevice) -> Response:
    """End one of the caller's sessions, on whichever device it is."""
    await sessions.end(session_id, caller.member)
    events.info(
        "session_ended",
        member=caller.member,
        session=session_id,
        by_session=caller.id,
        address=device.address,
        outcome="succeeded",
    )
    return Response(status_code=204)
