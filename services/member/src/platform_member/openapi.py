"""What the OpenAPI document says of member's answers."""

from __future__ import annotations

from pydantic import BaseModel

from platform_common.openapi import REPLAYED, Problems, Responses, entity_tag_header

problems = Problems(
    {
        400: "A header or the body is malformed.",
        401: "No valid token, or its member is gone.",
        403: "The caller may not do this.",
        404: "There is no such member, or it is another's.",
        409: "The address is taken, this is the last administrator, or the key's first request has no answer yet.",
        412: "The member is not the one that If-Match names.",
        413: "The body is too large.",
        415: "The body is of another type.",
        422: "The payload does not fit, or the key was used for another request.",
        428: "If-Match is missing.",
        503: "The database or the hashing of passwords is overloaded or away; nothing was done, or the key tells.",
    }
)

_WRITES = (400, 401, 403, 409, 413, 415, 422, 503)
_ETAG = entity_tag_header("The member's")


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
    return {201: {"model": model, "headers": _ETAG | REPLAYED | location}, **problems(*_WRITES)}


def member_changed(model: type[BaseModel], *more: int) -> Responses:
    """Return the answers of a path that changes a member."""
    done = {"model": model, "headers": _ETAG | REPLAYED}
    accepted = done | {"description": "Changed; its sessions end as soon as auth is back."}
    return {200: done, 202: accepted, **problems(404, 412, *_WRITES, *more)}
