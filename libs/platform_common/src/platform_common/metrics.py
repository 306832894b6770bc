"""Prometheus metrics: requests by route template, served on a port of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, start_http_server
from starlette.types import Message, Receive, Scope, Send

from platform_common.middleware import HttpMiddleware

# Probes come every few seconds and say nothing about users.
_QUIET_PATHS = frozenset({"/livez", "/readyz"})

_requests = Histogram(
    "http_request_duration_seconds",
    "Time from the first byte of a request to the last of its answer.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = structlog.get_logger("access")


class AccessMiddleware(HttpMiddleware):
    """Measure and log each request, by its route template: neither ids nor queries become labels or log fields."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` and record its answer."""
        if scope["path"] in _QUIET_PATHS:
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            elapsed = time.perf_counter() - started
            route = scope.get("route")
            template = getattr(route, "path", None) or "unmatched"
            method = scope["method"] if scope["method"] in _METHODS else "other"
            _requests.labels(method, template, str(status)).observe(elapsed)
            log.info("request", method=method, route=template, status=status, duration_ms=round(elapsed * 1000, 2))


@contextmanager
def metrics_server(host: str, port: int, registry: CollectorRegistry = REGISTRY) -> Iterator[None]:
    """Serve `/metrics` on `host:port` from a thread while the block runs. Raises OSError when the port is taken."""
    server, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
