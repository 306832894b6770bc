"""`/internal/credentials`: whether a password is right, and another in its place; for auth alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field, SecretStr
from starlette.responses import Response

from platform_common.media_types import JSON_BODY
from platform_common.payload import Payload, Uuid
from platform_common.tokens.callers import internal_caller
from platform_database.dependencies import Session
from platform_database.idempotency.stored_response import StoredResponse
from platform_member.accounts.schemas import MemberWithEpoch, VerifiedMember
from platform_member.api import responses
from platform_member.api.dependencies import ClientKey, ServicesDep, UnkeyedUnitOfWork
from platform_member.api.openapi import problems
from platform_member.credentials.policy import Password

router = APIRouter(prefix="/internal/credentials", tags=["internal"])


# Not validated by the policy: a wrong password of any form gets the same response.
PresentedPassword = Annotated[SecretStr, Field(max_length=1024)]


class Presented(Payload):
    """The credentials of a log-in."""

    email: Annotated[str, Field(max_length=1024)]
    password: PresentedPassword


class PasswordChange(Payload):
    """A member's new password. `keep_session` is the one session that continues; it may not exist yet."""

    member_id: Uuid
    current_password: PresentedPassword
    new_password: Password
    keep_session: Annotated[str, Field(min_length=1, max_length=64)]


@router.post(
    "/verify",
    responses={200: {"model": VerifiedMember}, **problems(400, 401, 403, 413, 415, 422, 503)},
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def verify_credentials(
    body: Presented,
    services: ServicesDep,
    session: Session,
    _service: Annotated[str, Depends(internal_caller("auth"))],
    client: ClientKey = "",
) -> Response:
    """Return the active member with this address and password, the epoch of its sessions, and its second factors."""
    member = await services.credentials.verify(body.email, body.password.get_secret_value(), client)
    # Read after the member: where they change in between, the epoch is outdated, and no session is made with it.
    methods = await services.factors.methods(session, member.id)
    return responses.json_response(VerifiedMember.from_member(member, second_factors=methods))


@router.post(
    "/change",
    responses={
        200: {"model": MemberWithEpoch},
        202: {"description": "Changed; the other sessions end as soon as auth is back."},
        **problems(400, 401, 403, 413, 415, 422, 503),
    },
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def replace_password(
    body: PasswordChange,
    services: ServicesDep,
    session: Session,
    unit_of_work: UnkeyedUnitOfWork,
    _service: Annotated[str, Depends(internal_caller("auth"))],
    client: ClientKey = "",
) -> Response:
    """Replace a member's password, and return the member and the epoch of its sessions from now on."""
    replacement = await services.password_changes.prepare(
        body.member_id, body.current_password.get_secret_value(), body.new_password.get_secret_value(), client
    )

    async def operation() -> StoredResponse:
        change = await services.accounts.replace_password(session, replacement, body.keep_session)
        return responses.credentials_changed_response(change)

    return await unit_of_work.execute(operation)
