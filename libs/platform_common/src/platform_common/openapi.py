"""What the OpenAPI document says of answers that are no success."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from platform_common.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]


class ProblemError(BaseModel):
    """One fault in a payload."""

    pointer: str
    code: str
    detail: str


class ProblemDetails(BaseModel):
    """An error (RFC 9457); `code` is stable, `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    request_id: str | None = None
    errors: list[ProblemError] | None = None


_SCHEMA = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
REPLAYED = {
    "Idempotent-Replayed": {"description": "`true` on a repeated answer.", "schema": {"type": "string"}},
}


def entity_tag_header(of_what: str) -> dict[str, Any]:
    """Return the description of an `ETag`."""
    return {"ETag": {"description": f"{of_what} version.", "schema": {"type": "string"}}}


class Problems:
    """Descriptions of errors; `meanings` says what each status means in this service."""

    def __init__(self, meanings: Mapping[int, str]) -> None:
        self._meanings = meanings

    def __call__(self, *statuses: int) -> Responses:
        """Return the descriptions of these."""
        return {one: {"description": self._meanings[one], "content": {MEDIA_TYPE: _SCHEMA}} for one in statuses}


def merge_patch_body(model: type[BaseModel], media_type: str) -> dict[str, Any]:
    """Return what adds `media_type` to the types of a body that is a `model`."""
    return {"requestBody": {"content": {media_type: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}}}


def complete_document(app: FastAPI) -> None:
    """Make `app`'s document speak of problems where the framework would describe errors of its own."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            schemas = document["components"]["schemas"]
            _, problem = models_json_schema(
                [(ProblemDetails, "serialization")], ref_template="#/components/schemas/{model}"
            )
            schemas.update(problem["$defs"])
            for methods in document["paths"].values():
                for operation in methods.values():
                    if "HTTPValidationError" in str(operation["responses"].get("422")):
                        del operation["responses"]["422"]
            schemas.pop("HTTPValidationError", None)
            schemas.pop("ValidationError", None)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's own way to extend the document
