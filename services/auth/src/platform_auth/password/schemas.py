"""Request body of a change of password."""

from __future__ import annotations

from pydantic import Field

from platform_common.payload import Payload


class PasswordBody(Payload):
    """The current and the new password. member validates both."""

    current_password: str = Field(min_length=1, max_length=1024, examples=["correct horse battery staple"])
    new_password: str = Field(min_length=1, max_length=1024, examples=["staple battery horse correct"])
