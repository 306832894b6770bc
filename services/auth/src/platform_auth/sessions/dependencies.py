"""Who calls: the session of a request's access token, if it is alive."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from platform_auth.keys.access_tokens import AccessTokens, TokenExpired, TokenMalformed
from platform_auth.sessions.record import Session
from platform_auth.sessions.service import Device, SessionService
from platform_common.problems import Unauthenticated
from platform_common.tokens.access import AccessTokenInvalid
from platform_common.tokens.callers import access_token


def session_service(request: Request) -> SessionService:
    """Return the application's sessions."""
    service: SessionService = request.app.state.sessions
    return service


def device(request: Request) -> Device:
    """Return the client's address, as the trusted proxies report it, and its user agent."""
    address = request.client.host if request.client else ""
    return Device(address, request.headers.get("User-Agent", ""))


async def caller(request: Request, _: Annotated[object, Depends(access_token)]) -> Session:
    """Return the caller's session.

    The edge has asked already; this service believes it as little as any other does (architecture: each verifies).
    Raises Unauthenticated, AccessTokenInvalid.
    """
    values = request.headers.getlist("Authorization")
    scheme, _, token = (values[0] if values else "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("An access token is required.")
    tokens: AccessTokens = request.app.state.tokens
    try:
        if len(values) > 1:
            raise AccessTokenInvalid
        read = tokens.read(token)
    except (TokenMalformed, TokenExpired):
        raise AccessTokenInvalid from None
    session = await session_service(request).get_active(read.session, read.member)
    if session is None:
        raise AccessTokenInvalid
    return session


Sessions = Annotated[SessionService, Depends(session_service)]
Caller = Annotated[Session, Depends(caller)]
CallerDevice = Annotated[Device, Depends(device)]
