"""What verification and recovery take. Member validates the values."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from platform_common.payload import Payload

Token = Annotated[str, Field(min_length=1, max_length=200, description="The `token` of the link.")]


class TokenBody(Payload):
    """The token of a link."""

    token: Token


class CodeBody(Payload):
    """The code of a mail."""

    code: Annotated[str, Field(min_length=1, max_length=20, examples=["012345"])]


class ForgotBody(Payload):
    """The address of an account, or of none."""

    email: Annotated[str, Field(max_length=1024, examples=["ada@example.com"])]


class ResetBody(Payload):
    """The token of a link, and the new password."""

    token: Token
    new_password: Annotated[str, Field(min_length=1, max_length=1024, examples=["staple battery horse correct"])]
