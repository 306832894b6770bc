"""Middleware that limits request size, JSON structure and duration, and that serves HEAD for every GET endpoint."""

from __future__ import annotations

import asyncio

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from platform_common.json_body import check_json, is_json
from platform_common.middleware import HttpMiddleware
from platform_common.problems import Overloaded, PayloadMalformed, Problem, problem_response

log = structlog.get_logger(__name__)


class BodyTooLarge(Problem):
    """The body is longer than this service accepts."""

    code = "body-too-large"
    status = 413


class RequestTimeout(Overloaded):
    """The request timed out; its effect is unknown."""

    code = "request-timeout"


class BodyLimitMiddleware(HttpMiddleware):
    """Buffers bodies of up to `max_bytes`; rejects longer ones, and JSON that `check_json` rejects."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        super().__init__(app)
        self._max_bytes = max_bytes

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` with the complete body."""
        body = bytearray()
        more = not self._content_length_exceeds_limit(scope)
        too_large = not more
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            too_large = len(body) > self._max_bytes
            more = message.get("more_body", False) and not too_large
        if too_large:
            refusal = problem_response(BodyTooLarge(f"A body has at most {self._max_bytes} bytes."))
            await refusal(scope, receive, send)
            return
        try:
            _check(scope, bytes(body))
        except PayloadMalformed as malformed:
            await problem_response(malformed)(scope, receive, send)
            return
        await self.app(scope, _replay_body(bytes(body), receive), send)

    def _content_length_exceeds_limit(self, scope: Scope) -> bool:
        length = _header(scope, b"content-length")
        return length.isdecimal() and int(length) > self._max_bytes


def _check(scope: Scope, body: bytes) -> None:
    if body and is_json(_header(scope, b"content-type")):
        check_json(body)


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


class DeadlineMiddleware(HttpMiddleware):
    """Responds 503 after `seconds`, so that no client waits indefinitely.

    The handler is cancelled but not awaited: a driver may need long to give up on an unresponsive server.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        super().__init__(app)
        self._seconds = seconds
        # The event loop keeps only weak references to tasks.
        self._orphaned: set[asyncio.Task[None]] = set()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app`; a response that has started is allowed to finish."""
        started = timed_out = False

        async def send_in_time(message: Message) -> None:
            nonlocal started
            if timed_out:
                return
            started = True
            await send(message)

        async def run() -> None:
            await self.app(scope, receive, send_in_time)

        handling = asyncio.create_task(run())
        try:
            await asyncio.wait({handling}, timeout=self._seconds)
            if handling.done() or started:
                await handling
                return
        except asyncio.CancelledError:
            handling.cancel()
            raise
        timed_out = True
        handling.cancel()
        self._orphaned.add(handling)
        handling.add_done_callback(self._forget)
        log.warning("request_timeout", seconds=self._seconds)
        await problem_response(RequestTimeout("The request timed out."))(scope, receive, send)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._orphaned.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("request_failed_after_timeout", error=type(error).__name__)


class HeadMiddleware(HttpMiddleware):
    """Responds to HEAD as to GET, without the body (RFC 9110, section 9.3.2)."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` with the method GET for HEAD requests."""
        if scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # `app` gets a copy: outer middleware still sees HEAD, and the matched route.
        inner = dict(scope, method="GET")
        try:
            await self.app(inner, receive, send_without_body)
        finally:
            if "route" in inner:
                scope["route"] = inner["route"]


def _replay_body(body: bytes, receive: Receive) -> Receive:
    delivered = False

    async def replay() -> Message:
        nonlocal delivered
        if delivered:
            return await receive()
        delivered = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
