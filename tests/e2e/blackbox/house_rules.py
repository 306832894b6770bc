"""What holds for every answer of the platform, whichever component sent it; the client checks it on each one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

MEDIA_TYPE = "application/problem+json"

# What a problem's `type` leads to.
PAGES = Path(__file__).parents[3] / "docs" / "problems"

# Words that only the inside of a component knows.
LEAKS = (b"Traceback", b"psycopg", b"sqlalchemy", b"SELECT ", b'.py"', b".lua:", b"redis.exceptions")

# Where the platform stands behind ingress-nginx and Kong (E2E_EDGE=ingress-nginx), their own answers have other words,
# and nginx makes 500 of a refusal that it does not know: clients rely on the status.
FOREIGN_EDGE = os.environ.get("E2E_EDGE") == "ingress-nginx"


# What says the same to everybody, so that caches may keep it.
FOR_ANYBODY = ("/.well-known/", "/api/shop/products")


class Answer(Protocol):
    """An answer of the client's library or of a raw socket."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...


def in_foreign_words(answer: Answer) -> bool:
    """Tell whether ingress-nginx or Kong answered, not a component of the platform."""
    if not FOREIGN_EDGE or answer.status_code < 400:
        return False
    kind = answer.headers.get("content-type", "").split(";")[0]
    if kind == "text/html":
        return not answer.content or b"<center><h1>" in answer.content
    return kind == "application/json" and set(json.loads(answer.content)) == {"message", "request_id"}


def is_page(answer: Answer) -> bool:
    """Tell whether a browser asked and got a page."""
    request = getattr(answer, "request", None)
    asked = request is not None and "text/html" in request.headers.get("accept", "")
    return asked and answer.headers.get("content-type", "").startswith("text/html")


def check_house_rules(method: str, path: str, answer: Answer) -> None:
    """Raise AssertionError when `answer` breaks a rule that holds everywhere."""
    context = f"{method} {path} → {answer.status_code} {dict(answer.headers)} {answer.content[:400]!r}"
    if in_foreign_words(answer):
        return
    assert answer.status_code != 500, f"a component failed unexpectedly: {context}"
    assert answer.headers.get("x-request-id"), f"no X-Request-ID: {context}"
    assert not [leak for leak in LEAKS if leak in answer.content], f"reveals internals: {context}"
    if answer.status_code >= 400 and method != "HEAD" and not is_page(answer):
        problem_of(answer, context)
    if answer.content and not (answer.status_code < 400 and path.startswith(FOR_ANYBODY)):
        assert "no-store" in answer.headers.get("cache-control", ""), f"a cache may keep it: {context}"


def problem_of(answer: Answer, context: str = "") -> dict[str, Any]:
    """Return the problem document that `answer` carries (RFC 9457). Raises AssertionError when it lacks something."""
    context = context or f"{answer.status_code} {dict(answer.headers)} {answer.content[:400]!r}"
    assert answer.headers.get("content-type", "").split(";")[0] == MEDIA_TYPE, f"not {MEDIA_TYPE}: {context}"
    document = json.loads(answer.content)
    assert isinstance(document, dict), context
    for member in ("type", "title", "code", "request_id"):
        assert isinstance(document.get(member), str), f"no {member}: {context}"
        assert document[member], f"empty {member}: {context}"
    assert document["status"] == answer.status_code, f"status differs: {context}"
    assert document["type"] == f"/problems/{document['code']}", f"type and code differ: {context}"
    if answer.headers.get("idempotent-replayed") != "true":  # whose body is the first answer's, byte for byte
        assert document["request_id"] == answer.headers.get("x-request-id"), f"another request's id: {context}"
    assert (PAGES / f"{document['code']}.md").is_file(), f"no page explains {document['code']}"
    for error in document.get("errors", []):
        assert set(error) == {"pointer", "code", "detail"}, f"errors are pointer, code, detail: {context}"
        assert error["pointer"].startswith("/"), f"no JSON pointer: {context}"
    return document


def assert_problem(answer: Answer, status: int, code: str | None = None) -> dict[str, Any]:
    """Raise AssertionError unless `answer` is the problem `code` with `status`; return its document."""
    if in_foreign_words(answer):
        assert answer.status_code == status or (answer.status_code, status) == (500, 503), answer.content[:400]
        return {"status": status, "code": code}
    assert answer.status_code == status, (answer.status_code, answer.content[:400])
    document = problem_of(answer)
    assert code is None or document["code"] == code, document
    return document
