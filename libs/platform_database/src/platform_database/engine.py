"""The engine: a bounded pool whose every wait ends, on either side of the connection."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from platform_database.settings import DatabaseSettings

# A connection is replaced at this age, so that after a fail-over they spread over the servers again (seconds).
_RECYCLE = 1800
# How a connection whose other end has vanished is noticed: probes after this silence (seconds), so often, and how long
# data may be unanswered (milliseconds).
_KEEPALIVE_IDLE, _KEEPALIVE_INTERVAL, _KEEPALIVE_COUNT = 15, 5, 3
_UNANSWERED_MS = 10_000


def driver_url(url: str) -> URL:
    """Return `url` for psycopg 3, whichever way it names the driver."""
    return make_url(url).set(drivername="postgresql+psycopg")


def make_engine(settings: DatabaseSettings, server_options: Mapping[str, str] | None = None) -> AsyncEngine:
    """Return an engine for the service's role. It connects when it is first used.

    `server_options` are settings of the server for its connections, by name.

    A connection is tried before it is handed out: a restarted server costs no request more than those it cut off.
    """
    return create_async_engine(
        driver_url(settings.database_url.get_secret_value()),
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_pool_timeout_seconds,
        pool_pre_ping=True,
        pool_recycle=_RECYCLE,
        hide_parameters=True,
        connect_args={
            "connect_timeout": settings.database_connect_timeout_seconds,
            "application_name": str(settings.model_config.get("env_prefix", "")).rstrip("_"),
            "options": _server_options(settings, server_options or {}),
            # A server that vanished without a word is noticed by the kernel.
            "keepalives_idle": _KEEPALIVE_IDLE,
            "keepalives_interval": _KEEPALIVE_INTERVAL,
            "keepalives_count": _KEEPALIVE_COUNT,
            "tcp_user_timeout": _UNANSWERED_MS,
        },
    )


def _server_options(settings: DatabaseSettings, more: Mapping[str, str]) -> str:
    options = {
        "timezone": "UTC",
        "statement_timeout": _milliseconds(settings.database_statement_timeout_seconds),
        "lock_timeout": _milliseconds(settings.database_lock_timeout_seconds),
        "idle_in_transaction_session_timeout": _milliseconds(settings.database_idle_transaction_timeout_seconds),
        # The other way round, where two hours are the default: clients that vanished would take every connection slot.
        "tcp_keepalives_idle": _KEEPALIVE_IDLE,
        "tcp_keepalives_interval": _KEEPALIVE_INTERVAL,
        "tcp_keepalives_count": _KEEPALIVE_COUNT,
        "tcp_user_timeout": _UNANSWERED_MS,
    }
    return " ".join(f"-c {name}={value}" for name, value in [*options.items(), *more.items()])


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
