"""Registration."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from platform_auth.member_view import MemberOut
from platform_auth.openapi import problems
from platform_auth.registration.schemas import RegisterBody
from platform_auth.registration.service import IdempotentRequest, RegistrationService
from platform_auth.responses import passed_on
from platform_auth.sessions.dependencies import CallerDevice
from platform_common.idempotency_key import GivenKey
from platform_common.media_types import JSON_BODY
from platform_common.openapi import REPLAYED, entity_tag_header

router = APIRouter(prefix="/auth", tags=["registration"])


def registration_service(request: Request) -> RegistrationService:
    """Return the application's registration."""
    service: RegistrationService = request.app.state.registration
    return service


async def idempotent_request(request: Request, key: GivenKey) -> IdempotentRequest | None:
    """Return the request's idempotency key and body, or None without a key."""
    if key is None:
        return None
    return IdempotentRequest(key, request.headers.get("Content-Type", ""), await request.body())


_CREATED = {
    **entity_tag_header("The member's"),
    **REPLAYED,
    "Location": {"description": "URL of the member.", "schema": {"type": "string"}},
}


@router.post(
    "/register",
    status_code=201,
    summary="Make an account",
    responses={201: {"model": MemberOut, "headers": _CREATED}, **problems(409, 429)},
    dependencies=[JSON_BODY],
)
async def register_account(
    body: RegisterBody,
    keyed: Annotated[IdempotentRequest | None, Depends(idempotent_request)],
    service: Annotated[RegistrationService, Depends(registration_service)],
    device: CallerDevice,
) -> Response:
    """Create an account; with an idempotency key at most once, however often the request is repeated."""
    return passed_on(await service.register(body, keyed, device.address))
