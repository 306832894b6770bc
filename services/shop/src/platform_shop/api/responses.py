"""Responses as bytes: personal ones, which may be recorded under an idempotency key, and public ones."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel
from starlette.responses import Response

from platform_common.preconditions import Preconditions, entity_tag
from platform_database.idempotency.stored_response import StoredResponse
from platform_shop.languages import Language

JSON = "application/json"


def body_digest(body: bytes) -> str:
    """Return a digest of a body, for its entity tag."""
    return hashlib.sha256(body).hexdigest()[:32]


def language_headers(language: Language) -> dict[str, str]:
    """Return the headers of a response in `language`, with `Vary` for caches."""
    return {"Content-Language": language, "Vary": "Accept-Language"}


def localized_response(
    document: BaseModel, language: Language, *, status: int = 200, tag: str | None = None, **headers: str
) -> StoredResponse:
    """Return a personal response with `document`; its entity tag is `tag`, or else a digest of the body."""
    body = document.model_dump_json().encode()
    etag = entity_tag(tag if tag is not None else body_digest(body))
    return StoredResponse(status, {"Content-Type": JSON, "ETag": etag, **language_headers(language), **headers}, body)


def conditional_response(response: StoredResponse, preconditions: Preconditions) -> Response:
    """Return `response`, or 304 when the client has the current version."""
    if preconditions.is_unmodified(response.headers["ETag"].strip('"')):
        kept = {name: value for name, value in response.headers.items() if name != "Content-Type"}
        return StoredResponse(304, kept).to_response()
    return response.to_response()


def public_response(document: BaseModel, language: Language, preconditions: Preconditions, max_age: int) -> Response:
    """Return `document`, or 304 if the client has it; caches may keep it for `max_age` seconds."""
    body = document.model_dump_json().encode()
    digest = body_digest(body)
    headers = {
        "ETag": entity_tag(digest),
        "Cache-Control": f"public, max-age={max_age}",
        **language_headers(language),
    }
    if preconditions.is_unmodified(digest):
        return Response(status_code=304, headers=headers)
    return Response(body, headers={"Content-Type": JSON, **headers})
