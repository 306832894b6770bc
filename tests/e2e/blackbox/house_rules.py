"""What holds for every response of the platform, whichever component sent it; the client checks it on each one."""

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

# Where the platform is behind ingress-nginx and Kong (E2E_EDGE=ingress-nginx), their own responses differ,
# and nginx makes 500 of a refusal that it does not know: clients rely on the status.
FOREIGN_EDGE = os.environ.get("E2E_EDGE") == "ingress-nginx"


# What says the same to everyone, so that caches may keep it.
FOR_ANYBODY = ("/.well-known/", "/api/shop/products")


class Answer(Protocol):
    """A response of the client's library or of a raw socket."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...


def in_foreign_words(response: Answer) -> bool:
    """Tell whether ingress-nginx or Kong answered, not a component of the platform."""
    if not FOREIGN_EDGE or response.status_code < 400:
        return False
    kind = response.headers.get("content-type", "").split(";")[0]
    if kind == "text/html":
        return not response.content or b"<center><h1>" in response.content
    return kind == "application/json" and set(json.loads(response.content)) == {"message", "request_id"}


def is_page(response: Answer) -> bool:
    """Tell whether a browser asked and got a page."""
    request = getattr(response, "request", None)
    asked = request is not None and "text/html" in request.headers.get("accept", "")
    return asked and response.headers.get("content-type", "").startswith("text/html")


def check_house_rules(method: str, path: str, response: Answer) -> None:
    """Raise AssertionError when `answer` breaks a rule that holds everywhere."""
    context = f"{method} {path} → {response.status_code} {dict(response.headers)} {response.content[:400]!r}"
    if in_foreign_words(response):
        return
    assert response.status_code != 500, f"a component failed unexpectedly: {context}"
    assert response.headers.get("x-request-id"), f"no X-Request-ID: {context}"
    assert not [leak for leak in LEAKS if leak in response.content], f"reveals internals: {context}"
    if response.status_code >= 400 and method != "HEAD" and not is_page(response):
        problem_of(response, context)
    if response.content and not (response.status_code < 400 and path.startswith(FOR_ANYBODY)):
        assert "no-store" in response.headers.get("cache-control", ""), f"a cache may keep it: {context}"


def problem_of(response: Answer, context: str = "") -> dict[str, Any]:
    """Return the problem document that `answer` carries (RFC 9457). Raises AssertionError when it lacks something."""
    context = context or f"{response.status_code} {dict(response.headers)} {response.content[:400]!r}"
    assert response.headers.get("content-type", "").split(";")[0] == MEDIA_TYPE, f"not {MEDIA_TYPE}: {context}"
    document = json.loads(response.content)
    assert isinstance(document, dict), context
    for member in ("type", "title", "code", "request_id"):
        assert isinstance(document.get(member), str), f"no {member}: {context}"
        assert document[member], f"empty {member}: {context}"
    assert document["status"] == response.status_code, f"status differs: {context}"
    assert document["type"] == f"/problems/{document['code']}", f"type and code differ: {context}"
    if response.headers.get("idempotent-replayed") != "true":  # whose body is the first response's, byte for byte
        assert document["request_id"] == response.headers.get("x-request-id"), f"another request's id: {context}"
    assert (PAGES / f"{document['code']}.md").is_file(), f"no page explains {document['code']}"
    for error in document.get("errors", []):
        assert set(error) == {"pointer", "code", "detail"}, f"errors are pointer, code, detail: {context}"
        assert error["pointer"].startswith("/"), f"no JSON pointer: {context}"
    return document


def assert_problem(response: Answer, status: int, code: str | None = None) -> dict[str, Any]:
    """Raise AssertionError unless `answer` is the problem `code` with `status`; return its document."""
    if in_foreign_words(response):
        assert response.status_code == status or (response.status_code, status) == (500, 503), response.content[:400]
        return {"status": status, "code": code}
    assert response.status_code == status, (response.status_code, response.content[:400])
    document = problem_of(response)
    assert code is None or document["code"] == code, document
    return document
