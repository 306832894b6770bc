"""`/auth/email`, `/auth/password/forgot`, `/auth/password/reset`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from platform_auth.email_proofs.schemas import CodeBody, ForgotBody, ResetBody, TokenBody
from platform_auth.email_proofs.service import EmailProofService
from platform_auth.openapi import problems
from platform_auth.responses import passed_on
from platform_auth.sessions.dependencies import Caller, CallerDevice
from platform_common.media_types import JSON_BODY

# No response of these has a body, unless it is a problem.
router = APIRouter(prefix="/auth", tags=["e-mail"], default_response_class=Response)


def email_proof_service(request: Request) -> EmailProofService:
    """Return the application's verification and recovery."""
    service: EmailProofService = request.app.state.email_proofs
    return service


Service = Annotated[EmailProofService, Depends(email_proof_service)]
_ACCEPTED: dict[int | str, Any] = {202: {"description": "Accepted."}, **problems(404, 429)}
_RESET: dict[int | str, Any] = {
    204: {"description": "Changed, and every session ended."},
    202: {"description": "Changed; the sessions end a little later."},
    **problems(404, 429),
}
_DONE: dict[int | str, Any] = {204: {"description": "Done."}, **problems(404, 429)}


@router.post("/email/verification", status_code=202, summary="Send a link and a code", responses=_ACCEPTED)
async def request_email_verification(caller: Caller, service: Service, device: CallerDevice) -> Response:
    """Send a link and a code to the caller's address, unless it is verified."""
    return passed_on(await service.request_verification(caller, device.address))


@router.post(
    "/email/verification/link",
    status_code=204,
    summary="Verify an address by link",
    responses=_DONE,
    dependencies=[JSON_BODY],
)
async def verify_email_by_link(body: TokenBody, service: Service, device: CallerDevice) -> Response:
    """Verify the address that the link was sent to; no log-in is needed."""
    return passed_on(await service.verify_by_link(body.token, device.address))


@router.post(
    "/email/verification/code",
    status_code=204,
    summary="Verify an address by code",
    responses=_DONE,
    dependencies=[JSON_BODY],
)
async def verify_email_by_code(body: CodeBody, caller: Caller, service: Service, device: CallerDevice) -> Response:
    """Verify the caller's address by the code that was sent to it."""
    return passed_on(await service.verify_by_code(caller, body.code, device.address))


@router.post(
    "/password/forgot",
    status_code=202,
    summary="Send a link to reset a password",
    responses=_ACCEPTED,
    dependencies=[JSON_BODY],
)
async def forgot_password(body: ForgotBody, service: Service, device: CallerDevice, request: Request) -> Response:
    """Send a link to the account with this address, if there is one; the response is the same if there is none."""
    accept_language = request.headers.get("Accept-Language", "")
    return passed_on(await service.request_reset(body.email, accept_language, device.address))


@router.post("/password/reset", status_code=204, summary="Reset a password", responses=_RESET, dependencies=[JSON_BODY])
async def reset_password(body: ResetBody, service: Service, device: CallerDevice) -> Response:
    """Set a new password by the link of a mail. All sessions of the account end; logging in is a request of its own."""
    return passed_on(await service.reset(body.token, body.new_password, device.address))
