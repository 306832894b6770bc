"""Answers that anybody may keep for a while, told apart by what they say."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel
from starlette.responses import Response

from platform_common.preconditions import Preconditions, entity_tag
from platform_shop.languages import Language, language_headers

JSON = "application/json"


def public_answer(document: BaseModel, language: Language, preconditions: Preconditions, max_age: int) -> Response:
    """Return `document`, or 304 when the reader has it already; caches may keep it for `max_age` seconds."""
    body = document.model_dump_json().encode()
    digest = hashlib.sha256(body).hexdigest()[:32]
    headers = {
        "ETag": entity_tag(digest),
        "Cache-Control": f"public, max-age={max_age}",
        **language_headers(language),
    }
    if preconditions.is_unmodified(digest):
        return Response(status_code=304, headers=headers)
    return Response(body, headers={"Content-Type": JSON, **headers})
