"""`/auth/mfa/passkeys`: the caller's passkeys; `/auth/login/passkey`: log-in with one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from platform_auth.login.schemas import LoginOut
from platform_auth.openapi import problems
from platform_auth.passkeys.login import PasskeyLogin
from platform_auth.passkeys.schemas import (
    PasskeyBody,
    PasskeyLoginBody,
    PasskeyNameBody,
    PasskeyOptionsOut,
    PasskeyOut,
    PasskeysOut,
)
from platform_auth.passkeys.service import PasskeyService
from platform_auth.responses import passed_on
from platform_auth.sessions.dependencies import Caller, CallerDevice
from platform_common.media_types import JSON_BODY

router = APIRouter(prefix="/auth", tags=["passkeys"])


def passkey_login(request: Request) -> PasskeyLogin:
    """Return the application's log-in with passkeys."""
    service: PasskeyLogin = request.app.state.passkey_login
    return service


def passkey_service(request: Request) -> PasskeyService:
    """Return the application's changes of passkeys."""
    service: PasskeyService = request.app.state.passkeys
    return service


Login = Annotated[PasskeyLogin, Depends(passkey_login)]
Passkeys = Annotated[PasskeyService, Depends(passkey_service)]


@router.post(
    "/login/passkey/options",
    summary="Start a log-in with a passkey",
    responses={200: {"model": PasskeyOptionsOut}, **problems(404, 429)},
)
async def start_passkey_log_in(login: Login, device: CallerDevice) -> Response:
    """Return options with a new challenge, which is good once, for this client, for five minutes."""
    return passed_on(await login.options(device))


@router.post(
    "/login/passkey", summary="Log in with a passkey", responses=problems(401, 404, 409, 429), dependencies=[JSON_BODY]
)
async def log_in_with_passkey(body: PasskeyLoginBody, login: Login, device: CallerDevice) -> LoginOut:
    """Open a new session and return its tokens. No second factor follows: the authenticator has verified the member."""
    member, pair = await login.log_in(body.credential, device)
    return LoginOut.from_tokens(pair, member.document)


@router.get("/mfa/passkeys", summary="List one's passkeys", responses={200: {"model": PasskeysOut}})
async def read_passkeys_of_caller(caller: Caller, passkeys: Passkeys) -> Response:
    """Return the caller's passkeys."""
    return passed_on(await passkeys.overview(caller))


@router.post(
    "/mfa/passkey-options",
    summary="Start to add a passkey",
    responses={200: {"model": PasskeyOptionsOut}, **problems(404, 409)},
)
async def start_passkey(caller: Caller, passkeys: Passkeys, device: CallerDevice) -> Response:
    """Return options with a new challenge, which is good once, for this session. Requires a recent log-in."""
    return passed_on(await passkeys.options(caller, device))


@router.post(
    "/mfa/passkeys",
    status_code=201,
    summary="Add a passkey",
    responses={201: {"model": PasskeyOut}, **problems(404, 409)},
    dependencies=[JSON_BODY],
)
async def add_passkey_of_caller(
    body: PasskeyBody, caller: Caller, passkeys: Passkeys, device: CallerDevice
) -> Response:
    """Add a passkey to the caller's. Requires a recent log-in."""
    return passed_on(await passkeys.add(caller, body.name, body.credential, device))


@router.put(
    "/mfa/passkeys/{passkey_id}",
    summary="Rename a passkey",
    responses={200: {"model": PasskeyOut}, **problems(404)},
    dependencies=[JSON_BODY],
)
async def rename_passkey_of_caller(
    passkey_id: UUID, body: PasskeyNameBody, caller: Caller, passkeys: Passkeys
) -> Response:
    """Give a passkey another name. Requires a recent log-in."""
    return passed_on(await passkeys.rename(caller, passkey_id, body.name))


@router.delete("/mfa/passkeys/{passkey_id}", status_code=204, summary="Remove a passkey", responses=problems(404, 422))
async def remove_passkey_of_caller(
    passkey_id: UUID, caller: Caller, passkeys: Passkeys, device: CallerDevice
) -> Response:
    """Remove a passkey; every other session ends. Requires a recent log-in."""
    await passkeys.remove(caller, passkey_id, device)
    return Response(status_code=204)
