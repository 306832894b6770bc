"""Log-in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from platform_auth.login.schemas import LoginBody, LoginOut
from platform_auth.login.service import LoginService
from platform_auth.openapi import problems
from platform_auth.sessions.dependencies import CallerDevice

router = APIRouter(prefix="/auth", tags=["log-in"])


def login_service(request: Request) -> LoginService:
    """Return the application's log-in."""
    service: LoginService = request.app.state.login
    return service


@router.post("/login", summary="Log in with e-mail and password", responses=problems(401, 409, 429))
async def log_in(
    body: LoginBody, service: Annotated[LoginService, Depends(login_service)], device: CallerDevice
) -> LoginOut:
    """Open a new session and return its tokens."""
    member, pair = await service.login(body.email, body.password, device)
    return LoginOut.from_tokens(pair, member.document)
