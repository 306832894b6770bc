"""Descriptions of member's responses in the OpenAPI document."""

from __future__ import annotations

from pydantic import BaseModel

from platform_common.openapi import REPLAYED, ProblemResponses, Responses, entity_tag_header

problems = ProblemResponses(
    {
        400: "A header or the body is malformed.",
        401: "No valid token, or its account is not active.",
        403: "The caller may not do this.",
        404: "The member does not exist, or the caller may not see it.",
        409: "The address is taken, this is the last administrator, or the first request with the key is in progress.",
        412: "If-Match does not name the member's current version.",
        413: "The body is too large.",
        415: "The body is of another type.",
        422: "The request body is invalid, or the key was used for another request.",
        428: "If-Match is missing.",
        503: "The database or password hashing is overloaded or unavailable. Retry; with a key, nothing is done twice.",
    }
)

_WRITES = (400, 401, 403, 409, 413, 415, 422, 503)
_ETAG = entity_tag_header("The member's")


def reads(model: type[BaseModel], *more: int) -> Responses:
    """Return the responses of an endpoint that reads."""
    return {200: {"model": model}, **problems(401, 403, 503, *more)}


def member_read(model: type[BaseModel]) -> Responses:
    """Return the responses of an endpoint that reads one member."""
    found = {"model": model, "headers": _ETAG}
    return {200: found, 304: {"description": "The client has the current version."}, **problems(400, 401, 404, 503)}


def member_created(model: type[BaseModel]) -> Responses:
    """Return the responses of an endpoint that creates a member."""
    location = {"Location": {"description": "URL of the member.", "schema": {"type": "string"}}}
    return {201: {"model": model, "headers": _ETAG | REPLAYED | location}, **problems(*_WRITES)}


def member_changed(model: type[BaseModel], *more: int) -> Responses:
    """Return the responses of an endpoint that changes a member."""
    done = {"model": model, "headers": _ETAG | REPLAYED}
    accepted = done | {"description": "Changed; its sessions end as soon as auth is available."}
    return {200: done, 202: accepted, **problems(404, 412, *_WRITES, *more)}
