"""Descriptions of shop's responses in the OpenAPI document."""

from __future__ import annotations

from pydantic import BaseModel

from platform_common.openapi import REPLAYED, ProblemResponses, Responses, entity_tag_header

problems = ProblemResponses(
    {
        400: "A header or the body is malformed, or a key is missing.",
        401: "No valid token.",
        403: "The caller may not do this.",
        404: "It does not exist, or it belongs to another member.",
        409: "Out of stock, price changed, or the first request with this key is still in progress.",
        412: "If-Match does not name the current version.",
        413: "The body is too large.",
        415: "The body is of another type.",
        429: "Too many new carts from this address.",
        422: "The request body is invalid, or the key was used for another request.",
        503: "The database is overloaded or unavailable. Retry; with a key, nothing is done twice.",
    }
)

WRITES = (400, 401, 409, 413, 415, 422, 503)
ETAG = entity_tag_header("The resource's")


def reads(*more: int) -> Responses:
    """Return the problems of a path that reads: parameters and conditions that do not fit, and `more`."""
    return problems(400, 422, 503, *more)


def unmodified() -> Responses:
    """Return the response of a path whose reader has the current version."""
    return {304: {"description": "The client has the current version."}}


def found(model: type[BaseModel]) -> Responses:
    """Return the responses of an endpoint that reads, with 304."""
    return {200: {"model": model, "headers": ETAG}, **unmodified()}


def changed(model: type[BaseModel], *more: int) -> Responses:
    """Return the responses of an endpoint that changes a resource."""
    return {200: {"model": model, "headers": ETAG | REPLAYED}, **problems(*WRITES, *more)}


def created(model: type[BaseModel], *more: int) -> Responses:
    """Return the responses of an endpoint that creates a resource."""
    location = {"Location": {"description": "URL of the new resource.", "schema": {"type": "string"}}}
    return {201: {"model": model, "headers": ETAG | REPLAYED | location}, **problems(*WRITES, *more)}
