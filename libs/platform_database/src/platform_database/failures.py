"""What a failure of the database means to a client: nothing was done, come back (503), never a stack or a query."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from platform_common.problems import DependencyUnavailable, Overloaded, problem_response

# SQLSTATE classes and codes (PostgreSQL manual, appendix A) with which a later attempt may succeed.
_PASSING_CLASSES = frozenset({"08", "53", "57"})  # connection, resources, operator intervention (a time-out is 57014)
_PASSING_CODES = frozenset({"55P03", "40001", "40P01", "25P03"})  # lock, serialization, deadlock, idle transaction
LOCK_NOT_AVAILABLE = "55P03"

log = structlog.get_logger(__name__)


class DatabaseUnavailable(DependencyUnavailable):
    """The database did not answer, or not in time."""

    code = "database-unavailable"


def sqlstate_of(error: DBAPIError) -> str | None:
    """Return the server's code for `error`, or None when the server did not say anything."""
    state = getattr(error.orig, "sqlstate", None)
    return str(state) if state else None


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint that refused a row."""
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


def is_passing(error: DBAPIError) -> bool:
    """Whether `error` is the server's state and not our statement's fault."""
    state = sqlstate_of(error)
    if state is None:
        return error.connection_invalidated or type(error).__name__ in {"OperationalError", "InterfaceError"}
    return state[:2] in _PASSING_CLASSES or state in _PASSING_CODES


def install_database_failures(app: FastAPI) -> None:
    """Answer 503 where the database is away or busy; anything else stays an unforeseen error."""

    async def on_pool_timeout(_request: Request, _error: Exception) -> JSONResponse:
        log.warning("database_pool_exhausted")
        return problem_response(Overloaded("Too many requests at once."))

    async def on_database_error(_request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, DBAPIError) or not is_passing(error):
            raise error
        log.warning("database_unavailable", error=type(error.orig).__name__, sqlstate=sqlstate_of(error))
        return problem_response(DatabaseUnavailable("The database is temporarily unavailable."))

    app.add_exception_handler(PoolTimeout, on_pool_timeout)
    app.add_exception_handler(DBAPIError, on_database_error)
