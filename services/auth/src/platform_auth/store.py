"""Connections to Redis, and the response when it is unavailable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from platform_common.problems import DependencyUnavailable, problem_response

# A command, or a connection to make, that takes longer is a fault (seconds). Time that this process had no core for
# counts as well, and a burst opens its connections all at once: at 1 s a busy machine was taken for an absent store.
TIMEOUT = 3.0

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Reconnect(Retry):
    """Retries a command once on a new connection if the old one turns out to be closed.

    On a connection that was reset while it was idle, uvloop raises RuntimeError where asyncio raises ConnectionError.
    """

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 1, supported_errors=(RedisConnectionError,))

    async def call_with_retry(self, do: Callable[[], Awaitable[T]], *args: Any, **kwargs: Any) -> T:
        """Run `do`. Raises redis.exceptions.ConnectionError after the second failure."""

        async def do_or_disconnect() -> T:
            try:
                return await do()
            except RuntimeError as error:
                raise RedisConnectionError("the connection is closed") from error

        return await super().call_with_retry(do_or_disconnect, *args, **kwargs)


class SessionStoreUnavailable(DependencyUnavailable):
    """The session store is unavailable."""

    code = "session-store-unavailable"


def redis_client(url: SecretStr) -> Redis:
    """Return a client for everything but `/auth/verify`.

    A connection that a restart has cut is replaced and the command repeated once; every command here may be repeated.
    """
    client: Redis = Redis.from_url(
        url.get_secret_value(),
        protocol=2,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Reconnect(),
        client_name="auth",
    )
    return client


def lookup_pool(url: SecretStr) -> ConnectionPool:
    """Return where the look-ups of `/auth/verify` get their one connection from; they see to time and repeats."""
    pool: ConnectionPool = ConnectionPool.from_url(
        url.get_secret_value(), protocol=2, retry=Retry(NoBackoff(), 0), client_name="auth-verify"
    )
    return pool


def store_unavailable(error: Exception) -> JSONResponse:
    """Return the response to a request that failed because of the store."""
    log.warning("session_store_failed", error=type(error).__name__)
    return problem_response(SessionStoreUnavailable("The session store is temporarily unavailable."))
