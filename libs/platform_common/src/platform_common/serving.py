"""Running a service: start it or exit with one sentence, stop it without losing a request."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from platform_common.default_middlewares import AccessMiddleware, NosniffMiddleware, RequestIdMiddleware
from platform_common.health import Health, health_router
from platform_common.listening import listeners
from platform_common.logs import configure_logging
from platform_common.metrics import metrics_server
from platform_common.problems import install_problem_handlers
from platform_common.settings import ServiceSettings, exit_with_error

log = structlog.get_logger(__name__)


class StartupError(Exception):
    """A dependency of the service is unreachable; the message is one sentence that names the variable."""


def install_defaults(app: FastAPI, health: Health) -> FastAPI:
    """Add what every service has to `app`: problem documents, request ids, probes, metrics and the access log."""
    install_problem_handlers(app)
    app.include_router(health_router(health))
    app.add_middleware(AccessMiddleware)
    app.add_middleware(RequestIdMiddleware)
    app.add_middleware(NosniffMiddleware)
    return app


class DrainingServer(uvicorn.Server):
    """Stops in two steps: readiness fails first, so that no new requests arrive; then requests in flight finish."""

    def __init__(self, config: uvicorn.Config, health: Health, delay_seconds: float) -> None:
        super().__init__(config)
        self._health = health
        self._delay_seconds = delay_seconds
        self._drain: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and remember the loop: signal handlers need it."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Fail readiness, and stop after the drain time; a second signal, or SIGINT, stops at once."""
        self._health.draining = True
        if sig == signal.SIGTERM and self._drain is None and self._delay_seconds > 0 and self._loop:
            self._drain = self._loop.call_later(self._delay_seconds, super().handle_exit, sig, frame)
            return
        super().handle_exit(sig, frame)


def serve(
    service: str,
    settings: ServiceSettings,
    app: ASGIApp,
    health: Health,
    startup_check: Callable[[], Awaitable[None]] | None = None,
    *,
    proxy_headers: bool = True,
) -> None:
    """Serve `app` until a signal. `startup_check` raises StartupError if a dependency is unreachable.

    Without `proxy_headers`, `app` itself finds out the client's address where it needs it.

    Ends the process with one sentence when it cannot start: exit code 2 for settings, 1 for parts out of reach.
    """
    configure_logging(service, settings.log_level)
    if startup_check is not None:
        try:
            asyncio.run(_bounded(startup_check))
        except StartupError as refusal:
            exit_with_error(str(refusal))
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        interface="asgi3",
        http="httptools",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=proxy_headers,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=settings.graceful_shutdown_seconds,
    )
    prefix = str(settings.model_config.get("env_prefix", "")).upper()
    with ExitStack() as stack:
        with _refusing(f"{prefix}PORT", settings.port):
            sockets = [stack.enter_context(opened) for opened in listeners(settings.host, settings.port)]
        with _refusing(f"{prefix}METRICS_PORT", settings.metrics_port):
            stack.enter_context(metrics_server(settings.host, settings.metrics_port))
        DrainingServer(config, health, settings.shutdown_delay_seconds).run(sockets=sockets)


@contextmanager
def _refusing(variable: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        exit_with_error(f"Cannot listen on {variable} {port}: {os.strerror(error.errno or 0)}.")


# A start ends within ten seconds, however slow a dependency is; this leaves time for the interpreter itself.
START_CHECK_SECONDS = 7


async def _bounded(startup_check: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(START_CHECK_SECONDS):
            await startup_check()
    except TimeoutError:
        raise StartupError(f"A dependency of the service did not respond within {START_CHECK_SECONDS} s.") from None
