"""What a change of password takes."""

from __future__ import annotations

from pydantic import Field

from platform_common.payload import Payload


class PasswordBody(Payload):
    """The current password and the one to come. Member judges both."""

    current_password: str = Field(min_length=1, max_length=1024, examples=["correct horse battery staple"])
    new_password: str = Field(min_length=1, max_length=1024, examples=["staple battery horse correct"])
