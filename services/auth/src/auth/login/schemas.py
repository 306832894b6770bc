"""What log-in takes and gives."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from auth.sessions.schemas import TokensOut


class LoginBody(BaseModel):
    """Credentials. Their form is not judged here: a wrong one is answered as an unknown account is."""

    email: str = Field(min_length=1, max_length=320)
    password: str = Field(min_length=1, max_length=1024)


class LoginOut(TokensOut):
    """The tokens of a new session, and whose it is."""

    member: dict[str, Any]
