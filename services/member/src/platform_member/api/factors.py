"""`/internal/members/{id}/factors`: second factors, for auth alone: it knows who asks and how it logged in."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from platform_common.media_types import JSON_BODY
from platform_common.openapi import Responses
from platform_common.tokens.callers import internal_caller
from platform_database.dependencies import Session
from platform_database.idempotency.stored_response import StoredResponse
from platform_member.accounts.schemas import MemberWithEpoch
from platform_member.api import responses
from platform_member.api.dependencies import ClientKey, ServicesDep, UnkeyedUnitOfWork
from platform_member.api.openapi import problems
from platform_member.factors.schemas import (
    FactorsView,
    PresentedCode,
    RecoveryCodes,
    SessionId,
    TotpConfirmation,
    TotpEnabled,
    TotpSetup,
)

router = APIRouter(
    prefix="/internal/members/{member_id}/factors", tags=["internal"], dependencies=[Depends(internal_caller("auth"))]
)

_ACCEPTED: Responses = {202: {"description": "Changed; the other sessions end as soon as auth is available."}}


@router.get("", responses={200: {"model": FactorsView}, **problems(401, 403, 404, 503)}, response_class=Response)
async def read_factors(member_id: UUID, services: ServicesDep, session: Session) -> Response:
    """Read a member's second factors."""
    return responses.json_response(await services.factors.overview(session, member_id))


@router.post(
    "/verify",
    responses={200: {"model": MemberWithEpoch}, **problems(400, 401, 403, 413, 415, 422, 503)},
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def verify_second_factor(
    member_id: UUID, body: PresentedCode, services: ServicesDep, client: ClientKey = ""
) -> Response:
    """Use up a code, and return its member if its epoch is still the given one."""
    member = await services.factor_verifier.verify(member_id, body.session_epoch, body.method, body.code, client)
    return responses.json_response(MemberWithEpoch.from_member(member))


@router.post(
    "/totp",
    status_code=201,
    responses={201: {"model": TotpSetup}, **problems(401, 403, 404, 409, 503)},
    response_class=Response,
)
async def start_totp_setup(
    member_id: UUID, services: ServicesDep, session: Session, unit_of_work: UnkeyedUnitOfWork
) -> Response:
    """Make a secret for an authenticator app; it is a factor once a code of it was presented."""

    async def operation() -> StoredResponse:
        return responses.document_response(201, await services.factors.start_totp(session, member_id))

    return await unit_of_work.execute(operation)


@router.post(
    "/totp/confirm",
    responses={200: {"model": TotpEnabled}, **_ACCEPTED, **problems(400, 401, 403, 404, 409, 413, 415, 422, 503)},
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def confirm_totp_setup(
    member_id: UUID,
    body: TotpConfirmation,
    services: ServicesDep,
    session: Session,
    unit_of_work: UnkeyedUnitOfWork,
    client: ClientKey = "",
) -> Response:
    """Make the app a factor; return the member, the epoch of its sessions from now on, and its recovery codes."""
    confirmation = await services.factors.prepare_confirmation(member_id, body.code, client)

    async def operation() -> StoredResponse:
        change = await services.factors.confirm(session, confirmation, body.keep_session)
        return responses.totp_enabled_response(change, confirmation.codes.readable)

    return await unit_of_work.execute(operation)


@router.delete(
    "/totp",
    responses={200: {"model": MemberWithEpoch}, **_ACCEPTED, **problems(401, 403, 404, 422, 503)},
    response_class=Response,
)
async def remove_totp(
    member_id: UUID,
    services: ServicesDep,
    session: Session,
    unit_of_work: UnkeyedUnitOfWork,
    keep_session: Annotated[SessionId, Query(description="The one session that lives on.")],
) -> Response:
    """Remove the app and the recovery codes; return the member and the epoch of its sessions from now on."""

    async def operation() -> StoredResponse:
        return responses.credentials_changed_response(await services.factors.remove(session, member_id, keep_session))

    return await unit_of_work.execute(operation)


@router.post(
    "/recovery-codes",
    status_code=201,
    responses={201: {"model": RecoveryCodes}, **problems(401, 403, 404, 503)},
    response_class=Response,
)
async def replace_recovery_codes(
    member_id: UUID, services: ServicesDep, session: Session, unit_of_work: UnkeyedUnitOfWork, client: ClientKey = ""
) -> Response:
    """Make new recovery codes; earlier ones are of no use any more."""
    codes = await services.factors.prepare_codes(member_id, client)

    async def operation() -> StoredResponse:
        await services.factors.replace_codes(session, member_id, codes)
        return responses.document_response(201, RecoveryCodes(recovery_codes=list(codes.readable)))

    return await unit_of_work.execute(operation)
