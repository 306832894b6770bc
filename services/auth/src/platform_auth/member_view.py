"""A member as auth's clients see it: what the member service says, passed on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class MemberOut(BaseModel):
    """A member. A newer member service may say more than is listed here."""

    model_config = ConfigDict(extra="allow")

    id: Annotated[str, Field(json_schema_extra={"format": "uuid"})]
    email: str
    display_name: str
    locale: str
    roles: list[str]
    status: Literal["active", "suspended"]
    version: int
    created_at: datetime
    updated_at: datetime
