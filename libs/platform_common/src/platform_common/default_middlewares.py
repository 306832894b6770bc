"""Middlewares of every service: request id, metrics and access log, `X-Content-Type-Options`."""

from __future__ import annotations

import time

import structlog
from prometheus_client import Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from platform_common.middleware import HttpMiddleware, on_response_start
from platform_common.request_id import HEADER, handled_request_id, request_id_of

# Probes are frequent and carry no information about users.
_QUIET_PATHS = frozenset({"/livez", "/readyz"})

_requests = Histogram(
    "http_request_duration_seconds",
    "Time from the first byte of a request to the last byte of its response.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = structlog.get_logger("access")


class AccessMiddleware(HttpMiddleware):
    """Measure and log each request, by its route template: neither ids nor queries become labels or log fields."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` and record its response."""
        if scope["path"] in _QUIET_PATHS:
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        def note_status(message: Message) -> None:
            nonlocal status
            status = message["status"]

        try:
            await self.app(scope, receive, on_response_start(send, note_status))
        finally:
            elapsed = time.perf_counter() - started
            route = scope.get("route")
            template = getattr(route, "path", None) or "unmatched"
            method = scope["method"] if scope["method"] in _METHODS else "other"
            _requests.labels(method, template, str(status)).observe(elapsed)
            log.info("request", method=method, route=template, status=status, duration_ms=round(elapsed * 1000, 2))


class RequestIdMiddleware(HttpMiddleware):
    """Give every request an id."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` with the request id set, and return the id in the response."""
        request_id = request_id_of(scope)
        token = handled_request_id.set(request_id)

        def add_header(message: Message) -> None:
            MutableHeaders(scope=message)[HEADER] = request_id

        try:
            await self.app(scope, receive, on_response_start(send, add_header))
        finally:
            handled_request_id.reset(token)


class NosniffMiddleware(HttpMiddleware):
    """Adds `X-Content-Type-Options: nosniff` to each response, so that browsers do not guess types (ASVS 3.4.4)."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` and add the header."""

        def add_header(message: Message) -> None:
            MutableHeaders(scope=message)["X-Content-Type-Options"] = "nosniff"

        await self.app(scope, receive, on_response_start(send, add_header))
