"""Map database errors to HTTP: transient ones become 503, and no response contains a stack or a query."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from platform_common.problems import DependencyUnavailable, Overloaded, problem_response

# SQLSTATE classes and codes (PostgreSQL manual, appendix A) with which a later attempt may succeed.
_TRANSIENT_CLASSES = frozenset({"08", "53", "57"})  # connection, resources, operator intervention (a time-out is 57014)
_TRANSIENT_SQLSTATES = frozenset({"55P03", "40001", "40P01", "25P03"})  # lock, serialization, deadlock, idle
LOCK_NOT_AVAILABLE = "55P03"

log = structlog.get_logger(__name__)


class DatabaseUnavailable(DependencyUnavailable):
    """The database did not respond, or not in time."""

    code = "database-unavailable"


def sqlstate_of(error: DBAPIError) -> str | None:
    """Return the server's code for `error`, or None when the server sent none."""
    state = getattr(error.orig, "sqlstate", None)
    return str(state) if state else None


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the violated constraint."""
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


def is_transient(error: DBAPIError) -> bool:
    """Return whether a later attempt of the same statement may succeed."""
    state = sqlstate_of(error)
    if state is None:
        return error.connection_invalidated or type(error).__name__ in {"OperationalError", "InterfaceError"}
    return state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_SQLSTATES


def install_database_error_handlers(app: FastAPI) -> None:
    """Return 503 if the database is unavailable or busy; other errors stay unhandled exceptions."""

    async def on_pool_timeout(_request: Request, _error: Exception) -> JSONResponse:
        log.warning("database_pool_exhausted")
        return problem_response(Overloaded("Too many requests at once."))

    async def on_database_error(_request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, DBAPIError) or not is_transient(error):
            raise error
        log.warning("database_unavailable", error=type(error.orig).__name__, sqlstate=sqlstate_of(error))
        return problem_response(DatabaseUnavailable("The database is temporarily unavailable."))

    app.add_exception_handler(PoolTimeout, on_pool_timeout)
    app.add_exception_handler(DBAPIError, on_database_error)
