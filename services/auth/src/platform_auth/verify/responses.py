"""Responses of `/auth/verify` without an identity."""

from __future__ import annotations

from starlette.types import Scope

from platform_auth.store import SessionStoreUnavailable
from platform_common.problems import MEDIA_TYPE, Forbidden, Problem, Unauthenticated, problem_bytes
from platform_common.request_id import request_id_of
from platform_common.tokens.access import AccessTokenInvalid

Headers = list[tuple[bytes, bytes]]


class CrossSiteRequest(Forbidden):
    """A request with a cookie is not known to come from the platform's own pages (ASVS 3.5.1)."""

    code = "cross-site-request"


class MethodNotAllowed(Problem):
    """Only GET is supported."""

    code = "method-not-allowed"
    status = 405


class ImmediateResponse(Exception):
    """Ends the processing of a request with a response; `outcome` is its label in the metrics."""

    def __init__(self, outcome: str, status: int, headers: Headers, body: bytes = b"") -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.status = status
        self.headers = headers
        self.body = body


def anonymous(outcome: str) -> ImmediateResponse:
    """Allow the request without a session."""
    return ImmediateResponse(outcome, 200, [(b"cache-control", b"no-store"), (b"content-length", b"0")])


def missing(scope: Scope) -> ImmediateResponse:
    """There is no credential (RFC 6750, section 3.1: then no error code either)."""
    return _refused(scope, "missing", Unauthenticated("An access token is required."))


def invalid(scope: Scope, outcome: str) -> ImmediateResponse:
    """The credential is malformed, expired or revoked; the response does not say which."""
    return _refused(scope, outcome, AccessTokenInvalid())


def role_missing(scope: Scope) -> ImmediateResponse:
    """The member has none of the required roles."""
    return _refused(scope, "role_missing", Forbidden("Your account lacks the required role."))


def cross_site(scope: Scope) -> ImmediateResponse:
    """The request may have been sent by another site."""
    detail = "A request that changes data must come from the platform's own pages."
    return _refused(scope, "csrf", CrossSiteRequest(detail))


def unavailable(scope: Scope) -> ImmediateResponse:
    """The state of the session is unknown, so the request is denied."""
    return _refused(
        scope, "store_unavailable", SessionStoreUnavailable("The session store is temporarily unavailable.")
    )


def method_not_allowed(scope: Scope) -> ImmediateResponse:
    """Neither GET nor HEAD."""
    return _refused(
        scope,
        "method_not_allowed",
        MethodNotAllowed("This path supports GET and HEAD.", headers={"Allow": "GET, HEAD"}),
    )


def _refused(scope: Scope, outcome: str, problem: Problem) -> ImmediateResponse:
    request_id = request_id_of(scope)
    body = problem_bytes(problem.document() | {"request_id": request_id})
    headers = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "cache-control": "no-store",
        "x-request-id": request_id,
        # nginx reads the status and headers of a sub-request, not its body
        "x-problem-code": problem.code,
        **{name.lower(): value for name, value in problem.headers.items()},
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return ImmediateResponse(outcome, problem.status, raw, b"" if scope["method"] == "HEAD" else body)
