"""Request and response bodies of the log-in."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from platform_auth.login.challenges import MAX_TOKEN_LENGTH
from platform_auth.member_view import MemberOut
from platform_auth.sessions.schemas import TokensOut
from platform_auth.sessions.service import TokenPair
from platform_common.openapi import ProblemDetails
from platform_common.payload import Payload


class LoginBody(Payload):
    """Credentials. Their format is not validated: a malformed address gets the same response as an unknown account."""

    email: str = Field(min_length=1, max_length=320, examples=["ada@example.com"])
    password: str = Field(min_length=1, max_length=1024, examples=["correct horse battery staple"])


class SecondFactorBody(Payload):
    """What continues a log-in whose password was right."""

    challenge: str = Field(min_length=1, max_length=MAX_TOKEN_LENGTH, examples=["bmV2ZXIgYSByZWFsIG9uZQ"])
    method: Literal["totp", "recovery-code"] = Field(examples=["totp"])
    code: str = Field(min_length=1, max_length=64, examples=["123456"])


class LoginProblemDetails(ProblemDetails):
    """Why a log-in is refused; with `second-factor-required`, how it continues."""

    challenge: str | None = Field(None, description="For `POST /auth/login/second-factor`, from the same client.")
    methods: list[str] | None = Field(None, description="Of these one is needed: `totp`, `recovery-code`.")
    expires_in: int | None = Field(None, description="How long the challenge is good (seconds).")


class LoginOut(TokensOut):
    """The tokens of a new session, and whose it is."""

    member: MemberOut

    @classmethod
    def from_tokens(cls, pair: TokenPair, member: MemberOut) -> Self:
        """Return the client's view of `pair`, tokens of `member`."""
        return cls(**TokensOut.from_pair(pair).model_dump(), member=member)
