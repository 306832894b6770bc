"""Personal answers, as bytes: what the ledger keeps and the client gets; nobody else may keep them."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel
from starlette.responses import Response

from platform_common.preconditions import Preconditions, entity_tag
from platform_database.idempotency.stored_response import StoredResponse
from platform_shop.languages import Language, language_headers

JSON = "application/json"


def digest_of(body: bytes) -> str:
    """Return what tells a body from others."""
    return hashlib.sha256(body).hexdigest()[:32]


def answer_of(
    document: BaseModel, language: Language, *, status: int = 200, tag: str | None = None, **headers: str
) -> StoredResponse:
    """Return the answer `document`; its entity tag is `tag`, or else tells its bytes from others."""
    body = document.model_dump_json().encode()
    etag = entity_tag(tag if tag is not None else digest_of(body))
    return StoredResponse(status, {"Content-Type": JSON, "ETag": etag, **language_headers(language), **headers}, body)


def read_answer(answer: StoredResponse, preconditions: Preconditions) -> Response:
    """Return `answer`, or 304 when the reader has it already."""
    if preconditions.is_unmodified(answer.headers["ETag"].strip('"')):
        kept = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
        return StoredResponse(304, kept).to_response()
    return answer.to_response()
