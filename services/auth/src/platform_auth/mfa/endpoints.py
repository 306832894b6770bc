"""`/auth/mfa`: the caller's second factors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from platform_auth.login.schemas import LoginOut
from platform_auth.mfa.schemas import FactorsOut, RecoveryCodesOut, TotpBody, TotpEnabledOut, TotpSetupOut
from platform_auth.mfa.service import FactorService
from platform_auth.openapi import problems
from platform_auth.responses import passed_on
from platform_auth.sessions.dependencies import Caller, CallerDevice
from platform_common.media_types import JSON_BODY

router = APIRouter(prefix="/auth/mfa", tags=["second factors"])


def factor_service(request: Request) -> FactorService:
    """Return the application's changes of second factors."""
    service: FactorService = request.app.state.factors
    return service


Factors = Annotated[FactorService, Depends(factor_service)]


@router.get("", summary="List one's second factors", responses={200: {"model": FactorsOut}})
async def read_factors_of_caller(caller: Caller, factors: Factors) -> Response:
    """Return the caller's second factors."""
    return passed_on(await factors.overview(caller))


@router.post(
    "/totp",
    status_code=201,
    summary="Start to set up an authenticator app",
    responses={201: {"model": TotpSetupOut}, **problems(409)},
)
async def start_totp(caller: Caller, factors: Factors) -> Response:
    """Return a secret for an app; it is a factor once a code of it was confirmed. Requires a recent log-in."""
    return passed_on(await factors.start_totp(caller))


@router.post(
    "/totp/confirm",
    summary="Make the authenticator app a second factor",
    responses=problems(404, 409),
    dependencies=[JSON_BODY],
)
async def confirm_totp(body: TotpBody, caller: Caller, factors: Factors, device: CallerDevice) -> TotpEnabledOut:
    """Make the app a factor and return recovery codes.

    All sessions end; the tokens returned are of the one that takes this one's place. Requires a recent log-in.
    """
    member, pair, codes = await factors.confirm_totp(caller, body.code, device)
    return TotpEnabledOut(**dict(LoginOut.from_tokens(pair, member.document)), recovery_codes=codes)


@router.delete("/totp", status_code=204, summary="Disable the second factor", responses=problems(404))
async def disable_totp(caller: Caller, factors: Factors, device: CallerDevice) -> Response:
    """Remove the app and the recovery codes; every other session ends. Requires a recent log-in."""
    await factors.remove_totp(caller, device)
    return Response(status_code=204)


@router.post(
    "/recovery-codes",
    status_code=201,
    summary="Replace one's recovery codes",
    responses={201: {"model": RecoveryCodesOut}, **problems(404)},
)
async def replace_recovery_codes_of_caller(caller: Caller, factors: Factors, device: CallerDevice) -> Response:
    """Return new recovery codes; the earlier ones are of no use any more. Requires a recent log-in."""
    return passed_on(await factors.replace_recovery_codes(caller, device))
