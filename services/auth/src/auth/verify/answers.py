"""The answers of `/auth/verify`, ready to be sent."""

from __future__ import annotations

import json
from typing import NamedTuple

from starlette.types import Scope

from platform_common.problems import MEDIA_TYPE, problem_document
from platform_common.request_id import request_id_of

Headers = list[tuple[bytes, bytes]]


class Answer(NamedTuple):
    """Status, headers and body."""

    status: int
    headers: Headers
    body: bytes


ANONYMOUS = Answer(200, [(b"cache-control", b"no-store"), (b"content-length", b"0")], b"")


def missing(scope: Scope) -> Answer:
    """There is no credential (RFC 6750, section 3.1: then no error code either)."""
    detail = "This path takes an access token."
    return _problem(scope, 401, "unauthenticated", detail, (b"www-authenticate", b"Bearer"))


def invalid(scope: Scope) -> Answer:
    """The credential is malformed, expired or revoked: which of them is not told."""
    challenge = (b"www-authenticate", b'Bearer error="invalid_token"')
    return _problem(scope, 401, "access-token-invalid", "The access token is not valid.", challenge)


def role_missing(scope: Scope) -> Answer:
    """The member holds none of the roles."""
    return _problem(scope, 403, "forbidden", "Your account does not hold the role that this asks for.")


def forged(scope: Scope) -> Answer:
    """A cookie came with a request that is not known to come from our own pages."""
    detail = "A request that changes something must come from the platform's own pages."
    return _problem(scope, 403, "cross-site-request", detail)


def unavailable(scope: Scope) -> Answer:
    """Nobody can say whether the session is alive, so nobody passes."""
    detail = "The session store cannot be reached at the moment."
    return _problem(scope, 503, "session-store-unavailable", detail, (b"retry-after", b"1"))


def method_not_allowed(scope: Scope) -> Answer:
    """Edges ask by GET."""
    detail = "This path takes GET and HEAD."
    return _problem(scope, 405, "method-not-allowed", detail, (b"allow", b"GET, HEAD"))


def _problem(scope: Scope, status: int, code: str, detail: str, *headers: tuple[bytes, bytes]) -> Answer:
    request_id = request_id_of(scope)
    document = problem_document(code, status, detail=detail) | {"request_id": request_id}
    body = json.dumps(document, separators=(",", ":")).encode()
    return Answer(
        status,
        [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-request-id", request_id.encode()),
            *headers,
        ],
        body,
    )
