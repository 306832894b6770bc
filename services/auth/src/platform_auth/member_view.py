"""A member in auth's responses, as member returned it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class MemberOut(BaseModel):
    """A member. A newer member service may return more fields."""

    model_config = ConfigDict(extra="allow")

    id: Annotated[str, Field(json_schema_extra={"format": "uuid"})]
    email: str
    email_verified: bool = False
    display_name: str
    locale: str
    roles: list[str]
    status: Literal["active", "suspended"]
    version: int
    created_at: datetime
    updated_at: datetime
