"""`/internal/email-verifications`, `/internal/password-resets`: links and codes in mails; for auth alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from platform_common.media_types import JSON_BODY
from platform_common.openapi import Responses
from platform_common.payload import Payload, Uuid
from platform_common.tokens.callers import internal_caller
from platform_database.dependencies import Session
from platform_database.idempotency.stored_response import StoredResponse
from platform_member.accounts.schemas import Locale
from platform_member.api import responses
from platform_member.api.dependencies import ClientKey, ServicesDep, UnkeyedUnitOfWork
from platform_member.api.openapi import problems
from platform_member.credentials.policy import Password

router = APIRouter(prefix="/internal", tags=["internal"], dependencies=[JSON_BODY])

Token = Annotated[str, Field(min_length=1, max_length=200)]
AuthOnly = Annotated[str, Depends(internal_caller("auth"))]
_ACCEPTED: Responses = {202: {"description": "Accepted; the mail worker sends a mail, if there is one to send."}}
_DONE: Responses = {204: {"description": "Done."}}
_PROBLEMS = problems(400, 401, 403, 404, 413, 415, 422, 503)


class VerificationRequest(Payload):
    """The member whose address is to be verified."""

    member_id: Uuid


class LinkConfirmation(Payload):
    """The token of a link."""

    token: Token


class CodeConfirmation(Payload):
    """A code, and the member that it was sent to."""

    member_id: Uuid
    code: Annotated[str, Field(min_length=1, max_length=20)]


class ResetRequest(Payload):
    """An address, and the language of its owner's request."""

    email: Annotated[str, Field(max_length=1024)]
    locale: Locale


class PasswordReset(Payload):
    """The token of a link, and the new password."""

    token: Token
    new_password: Password


@router.post("/email-verifications", status_code=202, responses=_ACCEPTED | _PROBLEMS, response_class=Response)
async def queue_email_verification(
    body: VerificationRequest, services: ServicesDep, session: Session, unit_of_work: UnkeyedUnitOfWork, _: AuthOnly
) -> Response:
    """Send a link and a code to a member's address, unless it is verified."""

    async def operation() -> StoredResponse:
        await services.email_proofs.request_verification(session, body.member_id)
        return StoredResponse(202)

    return await unit_of_work.execute(operation)


@router.post("/email-verifications/link", status_code=204, responses=_DONE | _PROBLEMS, response_class=Response)
async def confirm_email_by_link(
    body: LinkConfirmation, services: ServicesDep, session: Session, unit_of_work: UnkeyedUnitOfWork, _: AuthOnly
) -> Response:
    """Mark the address as verified that a link was sent to."""

    async def operation() -> StoredResponse:
        await services.email_proofs.verify_by_link(session, body.token)
        return StoredResponse(204)

    return await unit_of_work.execute(operation)


@router.post("/email-verifications/code", status_code=204, responses=_DONE | _PROBLEMS, response_class=Response)
async def confirm_email_by_code(body: CodeConfirmation, services: ServicesDep, _: AuthOnly) -> Response:
    """Mark a member's address as verified by the code that was sent to it."""
    await services.email_proofs.verify_by_code(body.member_id, body.code)
    return StoredResponse(204).to_response()


@router.post("/password-resets", status_code=202, responses=_ACCEPTED | _PROBLEMS, response_class=Response)
async def queue_password_reset(
    body: ResetRequest, services: ServicesDep, session: Session, unit_of_work: UnkeyedUnitOfWork, _: AuthOnly
) -> Response:
    """Send a link to the member with this address; the response and the work are the same if there is none."""

    async def operation() -> StoredResponse:
        await services.email_proofs.request_reset(session, body.email, body.locale)
        return StoredResponse(202)

    return await unit_of_work.execute(operation)


@router.post(
    "/password-resets/link",
    status_code=204,
    responses={
        204: {"description": "Changed, and every session ended."},
        202: {"description": "Changed; its sessions end as soon as auth is available."},
        **_PROBLEMS,
    },
    response_class=Response,
)
async def replace_forgotten_password(
    body: PasswordReset,
    services: ServicesDep,
    session: Session,
    unit_of_work: UnkeyedUnitOfWork,
    _: AuthOnly,
    client: ClientKey = "",
) -> Response:
    """Set the password of the member that a link was sent to; all its sessions end."""
    recovery = await services.email_proofs.prepare_reset(body.token, body.new_password.get_secret_value(), client)

    async def operation() -> StoredResponse:
        change = await services.email_proofs.reset(session, recovery)
        return responses.deleted_response(change.events)

    return await unit_of_work.execute(operation)
