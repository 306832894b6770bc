"""`/internal/…/passkeys`: passkeys, for auth alone: it keeps the challenges, knows who asks and how it logged in."""

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
from platform_member.api.dependencies import ServicesDep, UnkeyedUnitOfWork
from platform_member.api.openapi import problems
from platform_member.factors.schemas import SessionId
from platform_member.passkeys.schemas import (
    ChallengeBody,
    MemberByPasskey,
    PasskeyAssertion,
    PasskeyOptions,
    PasskeyRegistration,
    PasskeyRename,
    PasskeysView,
    PasskeyView,
)

router = APIRouter(prefix="/internal", tags=["internal"], dependencies=[Depends(internal_caller("auth"))])

_OF_MEMBER = "/members/{member_id}/passkeys"
_ACCEPTED: Responses = {202: {"description": "Removed; the other sessions end as soon as auth is available."}}


@router.post(
    "/passkeys/options",
    responses={200: {"model": PasskeyOptions}, **problems(400, 401, 403, 404, 413, 415, 422, 503)},
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def passkey_log_in_options(body: ChallengeBody, services: ServicesDep) -> Response:
    """Return what a browser needs to log in with a passkey."""
    options = services.passkeys.authentication_options(body.challenge)
    return responses.json_response(PasskeyOptions(public_key=options))


@router.post(
    "/passkeys/verify",
    responses={200: {"model": MemberByPasskey}, **problems(400, 401, 403, 404, 413, 415, 422, 503)},
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def verify_passkey(body: PasskeyAssertion, services: ServicesDep) -> Response:
    """Record a log-in with a passkey, and return its member."""
    member, passkey = await services.passkeys.verify(body.credential, body.challenge)
    return responses.json_response(MemberByPasskey.from_member(member, device_bound=not passkey.backup_eligible))


@router.get(
    _OF_MEMBER, responses={200: {"model": PasskeysView}, **problems(401, 403, 404, 503)}, response_class=Response
)
async def read_passkeys(member_id: UUID, services: ServicesDep, session: Session) -> Response:
    """List a member's passkeys."""
    return responses.json_response(PasskeysView(items=await services.passkeys.overview(session, member_id)))


@router.post(
    "/members/{member_id}/passkey-options",
    responses={200: {"model": PasskeyOptions}, **problems(400, 401, 403, 404, 409, 413, 415, 422, 503)},
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def passkey_registration_options(
    member_id: UUID, body: ChallengeBody, services: ServicesDep, session: Session
) -> Response:
    """Return what a browser needs to make a passkey."""
    options = await services.passkeys.registration_options(session, member_id, body.challenge)
    return responses.json_response(PasskeyOptions(public_key=options))


@router.post(
    _OF_MEMBER,
    status_code=201,
    responses={201: {"model": PasskeyView}, **problems(400, 401, 403, 404, 409, 413, 415, 422, 503)},
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def add_passkey(
    member_id: UUID,
    body: PasskeyRegistration,
    services: ServicesDep,
    session: Session,
    unit_of_work: UnkeyedUnitOfWork,
) -> Response:
    """Add a passkey to a member's."""

    async def operation() -> StoredResponse:
        return responses.document_response(201, await services.passkeys.add(session, member_id, body))

    return await unit_of_work.execute(operation)


@router.put(
    f"{_OF_MEMBER}/{{passkey_id}}",
    responses={200: {"model": PasskeyView}, **problems(400, 401, 403, 404, 413, 415, 422, 503)},
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def rename_passkey(
    member_id: UUID,
    passkey_id: UUID,
    body: PasskeyRename,
    services: ServicesDep,
    session: Session,
    unit_of_work: UnkeyedUnitOfWork,
) -> Response:
    """Give a passkey another name."""

    async def operation() -> StoredResponse:
        return responses.document_response(
            200, await services.passkeys.rename(session, member_id, passkey_id, body.name)
        )

    return await unit_of_work.execute(operation)


@router.delete(
    f"{_OF_MEMBER}/{{passkey_id}}",
    responses={200: {"model": MemberWithEpoch}, **_ACCEPTED, **problems(401, 403, 404, 422, 503)},
    response_class=Response,
)
async def remove_passkey(
    member_id: UUID,
    passkey_id: UUID,
    services: ServicesDep,
    session: Session,
    unit_of_work: UnkeyedUnitOfWork,
    keep_session: Annotated[SessionId, Query(description="The one session that lives on.")],
) -> Response:
    """Remove a passkey; return the member and the epoch of its sessions from now on."""

    async def operation() -> StoredResponse:
        return responses.credentials_changed_response(
            await services.passkeys.remove(session, member_id, passkey_id, keep_session)
        )

    return await unit_of_work.execute(operation)
