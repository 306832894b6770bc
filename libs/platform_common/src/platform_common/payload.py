"""The base of every request body: exact types, no unknown fields."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Payload(BaseModel):
    """A request body. Values are never converted: `"2"` and `true` are not numbers, `1` is not a boolean."""

    model_config = ConfigDict(extra="forbid", strict=True)


# JSON has no type of its own for these, so their text is converted; a strict field would refuse it.
Uuid = Annotated[UUID, Field(strict=False)]
