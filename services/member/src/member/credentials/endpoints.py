"""`/internal/credentials`: whether a password is right, for auth alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.responses import Response

from member.accounts import answers
from member.accounts.schemas import MemberWithEpoch
from member.openapi import problems
from member.requests import JSON, PartsOf, internal_caller, takes

router = APIRouter(prefix="/internal/credentials", tags=["internal"])


class Presented(BaseModel):
    """What someone who logs in presents; whatever it is, a wrong one is answered like any other."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=1024)]
    password: Annotated[SecretStr, Field(max_length=1024)]


@router.post(
    "/verify",
    responses={200: {"model": MemberWithEpoch}, **problems(400, 401, 403, 413, 415, 422, 503)},
    response_class=Response,
    dependencies=[Depends(takes(JSON))],
)
async def verify_credentials(
    body: Presented, parts: PartsOf, _service: Annotated[str, Depends(internal_caller("auth"))]
) -> Response:
    """Return the active member with this address and password, and the epoch of its sessions."""
    member = await parts.credentials.verify(body.email, body.password.get_secret_value())
    return answers.document_answer(MemberWithEpoch.of(member))
