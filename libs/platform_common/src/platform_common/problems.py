"""Errors as `application/problem+json` (RFC 9457): one exception class per meaning, rendered in one place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from platform_common.languages import preferred_language
from platform_common.middleware import HttpMiddleware
from platform_common.problem_translation import DEFAULT_LANGUAGE, LANGUAGES, translated
from platform_common.request_id import current_request_id

MEDIA_TYPE = "application/problem+json"
# Those that some endpoint may take.
_METHODS = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class FieldError:
    """One fault in a payload: where (JSON pointer, RFC 6901), which kind (kebab-case), and a sentence."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """An error with a stable `code` and an HTTP `status`; subclasses name the meaning.

    `detail` is for the client: it never holds a secret, a query or a stack.
    """

    code = "internal-error"
    status = 500
    title: str | None = None

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """Return the members of the problem document (RFC 9457, section 3.1)."""
        return problem_document(self.code, self.status, self.title, self.detail, self.errors)


class NotFound(Problem):
    """The resource does not exist, or the caller may not know that it exists."""

    code = "not-found"
    status = 404


class Forbidden(Problem):
    """The caller is authenticated but not allowed to do this."""

    code = "forbidden"
    status = 403


class Unauthenticated(Problem):
    """The request has no valid access token (RFC 6750, section 3)."""

    code = "unauthenticated"
    status = 401

    def __init__(self, detail: str | None = None, *, error: str | None = None) -> None:
        challenge = f'Bearer error="{error}"' if error else "Bearer"
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class AccountInactive(Unauthenticated):
    """The token is valid, but its account was deleted or suspended since."""

    code = "account-inactive"

    def __init__(self) -> None:
        super().__init__("The account of this token is not active.", error="invalid_token")


class ReauthenticationRequired(Unauthenticated):
    """The operation requires a log-in that is at most `max_age` seconds old (RFC 9470)."""

    code = "reauthentication-required"

    def __init__(self, max_age: int) -> None:
        super().__init__("Log in again and repeat this request: it requires a recent log-in.")
        self.headers["WWW-Authenticate"] = f'Bearer error="insufficient_user_authentication", max_age="{max_age}"'


class PayloadInvalid(Problem):
    """The request body is invalid; `errors` lists the faults."""

    code = "payload-invalid"
    status = 422


class PayloadMalformed(Problem):
    """The body does not match its content type."""

    code = "payload-malformed"
    status = 400


class Overloaded(Problem):
    """The service rejects requests because of load; retry after `retry_after` seconds."""

    code = "overloaded"
    status = 503

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class DependencyUnavailable(Problem):
    """A dependency of the service is unavailable; nothing was changed."""

    code = "dependency-unavailable"
    status = 503

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


def problem_document(
    code: str,
    status: int,
    title: str | None = None,
    detail: str | None = None,
    errors: Sequence[FieldError] = (),
) -> dict[str, Any]:
    """Return a problem document with the current request's id."""
    document: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": title or code.replace("-", " ").capitalize(),
        "status": status,
        "code": code,
    }
    if detail:
        document["detail"] = detail
    if request_id := current_request_id():
        document["request_id"] = request_id
    if errors:
        document["errors"] = [asdict(error) for error in errors]
    return document


def problem_bytes(document: Mapping[str, Any]) -> bytes:
    """Return the one way in which a problem document is written: UTF-8 without blanks."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


class ProblemResponse(JSONResponse):
    """A problem document, in the language that the sender selects."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """Write the document."""
        return problem_bytes(content)

    def __init__(self, problem: Problem) -> None:
        self._document = problem.document()
        # Personal or not, an error is never cached (RFC 9111, section 5.2.2.5).
        headers = {"Cache-Control": "no-store", **problem.headers}
        super().__init__(self._document, status_code=problem.status, headers=headers)
        self.headers.add_vary_header("Accept-Language")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the document in the language that the request prefers."""
        accepted = Headers(scope=scope).get("accept-language", "")
        language = preferred_language(accepted, LANGUAGES, DEFAULT_LANGUAGE)
        self.headers["Content-Language"] = language
        if language != DEFAULT_LANGUAGE:
            self.body = self.render(translated(self._document, language))
            self.headers["Content-Length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


def problem_response(problem: Problem) -> ProblemResponse:
    """Render `problem`."""
    return ProblemResponse(problem)


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem document: our own, the framework's, and unhandled exceptions."""

    async def on_problem(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)  # noqa: S101 (registered for this class only)
        return problem_response(error)

    async def on_validation(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 (the same)
        return problem_response(_from_validation(error))

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 (the same)
        problem = _from_http(error)
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            # The framework lists the methods of the first route only.
            problem.headers["Allow"] = ", ".join(_methods_of_path(request))
        return problem_response(problem)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_middleware(UnhandledExceptionMiddleware)


class UnhandledExceptionMiddleware(HttpMiddleware):
    """Responds to unhandled exceptions with a problem, inside the request-id and access middlewares.

    Starlette's own last handler runs outside of every middleware, where the request's id is gone.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app`; once its response has started, an error can only close the connection."""
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception:
            if started:
                raise
            log.exception("unhandled_exception")
            response = problem_response(Problem("Internal server error."))
            await response(scope, receive, send)


def _methods_of_path(request: Request) -> list[str]:
    """Return all methods that routes support at the request's path (RFC 9110, section 10.2.1)."""
    taken = {method for method in _METHODS if _takes(request, method)}
    # HeadMiddleware supports HEAD wherever GET is supported.
    return sorted(taken | ({"HEAD"} if "GET" in taken else set()))


def _takes(request: Request, method: str) -> bool:
    # Each time a scope of its own: a route may write what matched into it.
    return any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)


def _from_http(error: HTTPException) -> Problem:
    phrase = HTTPStatus(error.status_code).phrase
    problem = Problem(error.detail if error.detail != phrase else None, headers=error.headers)
    problem.status = error.status_code
    problem.code = phrase.lower().replace(" ", "-")
    problem.title = phrase
    return problem


def _from_validation(error: RequestValidationError) -> Problem:
    errors = list(error.errors())
    if any(item["type"] == "json_invalid" for item in errors):
        return PayloadMalformed("The body is not valid JSON.")
    return PayloadInvalid("The request body is invalid.", errors=[field_error(item) for item in errors])


def field_error(item: Mapping[str, Any]) -> FieldError:
    """Translate one entry of pydantic's `errors()`; the offending value itself is left out."""
    location = [str(part).replace("~", "~0").replace("/", "~1") for part in item["loc"] if part != "body"]
    detail = str(item["msg"]).removeprefix("Value error, ")
    return FieldError(pointer="/" + "/".join(location), code=str(item["type"]).replace("_", "-"), detail=detail)
