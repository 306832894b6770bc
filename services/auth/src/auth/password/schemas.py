"""What a change of password takes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PasswordBody(BaseModel):
    """The current password and the one to come. Member judges both."""

    model_config = ConfigDict(extra="forbid")

    current_password: str = Field(min_length=1, max_length=1024)
    new_password: str = Field(min_length=1, max_length=1024)
