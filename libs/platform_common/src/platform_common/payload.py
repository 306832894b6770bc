"""The base of every request body: exact types, no unknown fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Payload(BaseModel):
    """A request body. Values are never converted: `"2"` and `true` are not numbers, `1` is not a boolean."""

    model_config = ConfigDict(extra="forbid", strict=True)


def with_example(example: Mapping[str, Any]) -> ConfigDict:
    """Return the configuration of a payload whose `example` is in the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": [dict(example)]})


# JSON has no type of its own for these, so their text is converted; a strict field would refuse it.
Uuid = Annotated[UUID, Field(strict=False)]
