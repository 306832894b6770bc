"""What the OpenAPI document says of answers that are no success."""

from __future__ import annotations

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


_MEANINGS = {
    400: "A header or the body is malformed.",
    401: "No valid token, or its member is gone.",
    403: "The caller may not do this.",
    404: "There is no such member, or it is another's.",
    409: "The address is taken, this is the last administrator, or the first request with this key has no answer yet.",
    412: "The member is not the one that If-Match names.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "The payload does not fit, or the key was used for another request.",
    428: "If-Match is missing.",
    503: "The database or the hashing of passwords is overloaded or away; nothing was done, or the key tells.",
}
_WRITES = (400, 401, 403, 409, 413, 415, 422, 503)
_SCHEMA = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
_ETAG = {"ETag": {"description": "The member's version.", "schema": {"type": "string"}}}
_REPLAYED = {
    "Idempotent-Replayed": {"description": "`true` on a repeated answer.", "schema": {"type": "string"}},
}


def problems(*statuses: int) -> Responses:
    """Return the descriptions of these errors."""
    return {status: {"description": _MEANINGS[status], "content": {MEDIA_TYPE: _SCHEMA}} for status in statuses}


def reads(model: type[BaseModel], *more: int) -> Responses:
    """Return the answers of a path that reads."""
    return {200: {"model": model}, **problems(401, 403, 503, *more)}


def member_read(model: type[BaseModel]) -> Responses:
    """Return the answers of a path that reads one member."""
    found = {"model": model, "headers": _ETAG}
    return {200: found, 304: {"description": "The reader has it already."}, **problems(400, 401, 404, 503)}


def member_created(model: type[BaseModel]) -> Responses:
    """Return the answers of a path that makes a member."""
    location = {"Location": {"description": "Where the member is.", "schema": {"type": "string"}}}
    return {201: {"model": model, "headers": _ETAG | _REPLAYED | location}, **problems(*_WRITES)}


def member_changed(model: type[BaseModel], *more: int) -> Responses:
    """Return the answers of a path that changes a member."""
    done = {"model": model, "headers": _ETAG | _REPLAYED}
    accepted = done | {"description": "Changed; its sessions end as soon as auth is back."}
    return {200: done, 202: accepted, **problems(404, 412, *_WRITES, *more)}


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
