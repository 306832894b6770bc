"""Log-in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from platform_auth.login.schemas import LoginBody, LoginOut, LoginProblemDetails, SecondFactorBody
from platform_auth.login.service import LoginService
from platform_auth.openapi import problems
from platform_auth.sessions.dependencies import CallerDevice
from platform_common.media_types import JSON_BODY
from platform_common.openapi import problem_of

router = APIRouter(prefix="/auth", tags=["log-in"])

_REFUSED = (
    "The credentials are wrong; or they are right and a second factor is required, with `challenge` and `methods`."
)


def login_service(request: Request) -> LoginService:
    """Return the application's log-in."""
    service: LoginService = request.app.state.login
    return service


Service = Annotated[LoginService, Depends(login_service)]


@router.post(
    "/login",
    summary="Log in with e-mail and password",
    responses={**problems(409, 429), 401: problem_of(LoginProblemDetails, _REFUSED)},
    dependencies=[JSON_BODY],
)
async def log_in(body: LoginBody, service: Service, device: CallerDevice) -> LoginOut:
    """Open a new session and return its tokens."""
    member, pair = await service.login(body.email, body.password, device)
    return LoginOut.from_tokens(pair, member.document)


@router.post(
    "/login/second-factor",
    summary="Continue a log-in with a second factor",
    responses=problems(401, 409, 429),
    dependencies=[JSON_BODY],
)
async def complete_log_in(body: SecondFactorBody, service: Service, device: CallerDevice) -> LoginOut:
    """Open the session of a log-in whose password was right, and return its tokens."""
    member, pair = await service.complete(body.challenge, body.method, body.code, device)
    return LoginOut.from_tokens(pair, member.document)
