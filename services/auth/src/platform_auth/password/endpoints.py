"""Changing one's password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from platform_auth.login.schemas import LoginOut
from platform_auth.openapi import problems
from platform_auth.password.schemas import PasswordBody
from platform_auth.password.service import PasswordService
from platform_auth.sessions.dependencies import Caller, CallerDevice
from platform_common.media_types import JSON_BODY

router = APIRouter(prefix="/auth", tags=["password"])


def password_service(request: Request) -> PasswordService:
    """Return the application's changes of passwords."""
    service: PasswordService = request.app.state.passwords
    return service


@router.post("/password", summary="Change one's password", responses=problems(409, 429), dependencies=[JSON_BODY])
async def change_password(
    body: PasswordBody,
    caller: Caller,
    service: Annotated[PasswordService, Depends(password_service)],
    device: CallerDevice,
) -> LoginOut:
    """Replace the password. All sessions end; the returned tokens are those of a new session."""
    member, pair = await service.change(caller, body.current_password, body.new_password, device)
    return LoginOut.from_tokens(pair, member.document)
