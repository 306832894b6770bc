"""What registration takes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RegisterBody(BaseModel):
    """A new account. Member judges the values; only these fields are passed on to it."""

    model_config = ConfigDict(extra="forbid")

    email: str
    password: str
    display_name: str
    locale: str | None = None
