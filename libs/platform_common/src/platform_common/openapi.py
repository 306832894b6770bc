"""The OpenAPI document of a service: the same conventions for each, and complete enough to generate clients.

Endpoints declare what is special about them; what follows from their parameters, body and token is added here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from platform_common.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]


class ProblemError(BaseModel):
    """One fault in a payload or a parameter."""

    pointer: str = Field(description="Where it is: a JSON pointer (RFC 6901).")
    code: str
    detail: str


class ProblemDetails(BaseModel):
    """An error (RFC 9457); `code` is stable, `detail` is for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/payload-invalid",
                    "title": "Payload invalid",
                    "status": 422,
                    "code": "payload-invalid",
                    "detail": "The request body is invalid.",
                    "request_id": "5f2c1a7e9b3d4c60",
                    "errors": [{"pointer": "/email", "code": "missing", "detail": "Field required"}],
                }
            ]
        }
    )

    type: str = Field(description="A page about this kind of error, relative to the platform's address.")
    title: str
    status: int
    code: str
    detail: str | None = None
    request_id: str | None = None
    errors: list[ProblemError] | None = None


# What a status means wherever a service does not say it in words of its own.
DESCRIPTIONS = {
    400: "A header or the body is malformed.",
    401: "No valid token.",
    403: "The caller may not do this.",
    404: "It does not exist, or the caller may not see it.",
    409: "It conflicts with the current state, or the first request under this key has no response yet.",
    412: "If-Match does not name the current version.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "A parameter or the body is invalid, or the key was used for another request.",
    428: "If-Match is missing.",
    429: "Too many attempts; Retry-After says when the next one is possible.",
    503: "A dependency is unavailable, or the service is overloaded; Retry-After says when to try again.",
}
# These responses have Retry-After.
_RETRY_AFTER = {
    "Retry-After": {"description": "In how many seconds to try again.", "schema": {"type": "integer", "minimum": 0}}
}
_LATER = frozenset({429, 503})
# What an endpoint adds that also serves visitors without a token.
OPTIONAL_TOKEN: dict[str, Any] = {"security": [{}]}
SERVERS = [{"url": "/", "description": "The platform's own address; paths below /internal are for services only."}]

_REFERENCE = "#/components/schemas/{model}"
# Headers with a syntax of their own, whose violation is no matter of one field.
_PARSED_HEADERS = frozenset({"if-match", "if-none-match", "idempotency-key", "x-idempotency-key"})
_SCHEMA = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
REPLAYED = {
    "Idempotent-Replayed": {"description": "`true` on a repeated response.", "schema": {"type": "string"}},
}


def entity_tag_header(of_what: str) -> dict[str, Any]:
    """Return the description of an `ETag`."""
    return {"ETag": {"description": f"{of_what} version.", "schema": {"type": "string"}}}


class ProblemResponses:
    """Descriptions of error responses; `descriptions` overrides DESCRIPTIONS where a service is more exact."""

    def __init__(self, descriptions: Mapping[int, str] | None = None) -> None:
        self._descriptions = {**DESCRIPTIONS, **(descriptions or {})}

    def __call__(self, *statuses: int) -> Responses:
        """Return the descriptions of these."""
        return {status: self._described(status) for status in statuses}

    def _described(self, status: int) -> dict[str, Any]:
        headers = {"headers": _RETRY_AFTER} if status in _LATER else {}
        return {"description": self._descriptions[status], "content": {MEDIA_TYPE: _SCHEMA}, **headers}


def problem_of(model: type[ProblemDetails], description: str) -> dict[str, Any]:
    """Return the description of an error whose document has members of its own (RFC 9457, section 3.2)."""
    _, schemas = models_json_schema([(model, "serialization")], ref_template=_REFERENCE)
    schema = {"$ref": _REFERENCE.format(model=model.__name__), "$defs": schemas["$defs"]}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def operation_id(route: APIRoute) -> str:
    """Return the id of a route's operation: the name of its function, which generated clients give to theirs.

    It is unique among all services, so that one client may hold the operations of several.
    """
    return route.name


def body_of(model: type[BaseModel], media_type: str) -> dict[str, Any]:
    """Return the description of a body of `media_type` with the schema of `model`, for unparsed bodies."""
    return {"content": {media_type: {"schema": model.model_json_schema(ref_template=_REFERENCE)}}}


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return the description of a JSON body with the schema of `model` that the endpoint parses itself."""
    return {"requestBody": {"required": True, **body_of(model, "application/json")}}


def merge_patch_body(model: type[BaseModel], media_type: str) -> dict[str, Any]:
    """Return the description that adds `media_type` to the content types of a body with the schema of `model`."""
    return {"requestBody": {"content": {media_type: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}}}


def customize_openapi(app: FastAPI, problems: ProblemResponses, more_paths: Mapping[str, Any] | None = None) -> None:
    """Add what applies to every operation to the document of `app`, and describe all errors as problems.

    `more_paths` are those that something other than the framework serves, described in full.
    """
    app.servers = SERVERS
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            _complete(document, problems)
            document["paths"].update(more_paths or {})
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's own way to extend the document


def _complete(document: dict[str, Any], problems: ProblemResponses) -> None:
    schemas = document["components"]["schemas"]
    _, problem = models_json_schema([(ProblemDetails, "serialization")], ref_template=_REFERENCE)
    schemas.update(problem["$defs"])
    for name, definition in _nested_definitions(document["paths"]):
        schemas.setdefault(name, definition)
    for methods in document["paths"].values():
        for operation in methods.values():
            _complete_responses(operation, problems)
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)


def _complete_responses(operation: dict[str, Any], problems: ProblemResponses) -> None:
    """Add the errors that follow from the operation's parameters and body, in order."""
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for status, response in problems(*_implied_statuses(operation)).items():
        responses.setdefault(str(status), response)
    operation["responses"] = dict(sorted(responses.items()))


def _implied_statuses(operation: Mapping[str, Any]) -> Iterator[int]:
    names = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
    if "requestBody" in operation:
        yield from (400, 413, 415, 422)
    if names:
        yield 422
    if names & _PARSED_HEADERS:
        yield 400
    if operation.get("security"):
        yield 401
    # Every request has a deadline.
    yield 503


def _nested_definitions(node: Any) -> Iterator[tuple[str, Any]]:
    """Take the definitions out of schemas within the paths: references look for them among the components."""
    if isinstance(node, dict):
        yield from node.pop("$defs", {}).items()
        for value in node.values():
            yield from _nested_definitions(value)
