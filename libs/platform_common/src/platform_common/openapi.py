"""What the OpenAPI document says of answers that are no success."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
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


_REFERENCE = "#/components/schemas/{model}"
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


def operation_id(route: APIRoute) -> str:
    """Return the id of a route's operation: the name of its function, as clients call theirs."""
    return route.name


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return what describes a JSON body that is a `model` and that the endpoint reads by itself."""
    schema = model.model_json_schema(ref_template=_REFERENCE)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


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
            _, problem = models_json_schema([(ProblemDetails, "serialization")], ref_template=_REFERENCE)
            schemas.update(problem["$defs"])
            for name, definition in _nested_definitions(document["paths"]):
                schemas.setdefault(name, definition)
            for methods in document["paths"].values():
                for operation in methods.values():
                    if "HTTPValidationError" in str(operation["responses"].get("422")):
                        del operation["responses"]["422"]
            schemas.pop("HTTPValidationError", None)
            schemas.pop("ValidationError", None)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's own way to extend the document


def _nested_definitions(node: Any) -> Iterator[tuple[str, Any]]:
    """Take the definitions out of schemas within the paths: references look for them among the components."""
    if isinstance(node, dict):
        yield from node.pop("$defs", {}).items()
        for value in node.values():
            yield from _nested_definitions(value)
