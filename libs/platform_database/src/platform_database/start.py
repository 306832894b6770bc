"""Startup check of the database: it is reachable, accepts the service's role, and is migrated."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from platform_common.serving import StartupError
from platform_common.waiting import WAIT_SECONDS, NotYetAvailable, wait_until_available
from platform_database.engine import make_engine
from platform_database.revision import SchemaOutdated, check_revision
from platform_database.schema import Schema
from platform_database.settings import DatabaseSettings, variable


async def wait_for_database(settings: DatabaseSettings, schema: Schema, wait_seconds: float = WAIT_SECONDS) -> None:
    """Wait for the database and its tables. Raises StartupError with a sentence that names the variable."""
    engine = make_engine(settings)
    database = f"The database of {variable(settings, 'database_url')}"

    async def check() -> None:
        try:
            await check_revision(engine, schema)
        except SchemaOutdated as error:
            raise NotYetAvailable(str(error)) from error
        except DBAPIError as error:
            if _is_final(error):
                raise StartupError(f"{database} {_reason(error)}.") from error
            raise NotYetAvailable(_reason(error)) from error

    try:
        if reason := await wait_until_available(check, wait_seconds):
            raise StartupError(f"{database} {reason}.")
    finally:
        await engine.dispose()


def _reason(error: DBAPIError) -> str:
    if _is_final(error) or "permission denied" in str(error.orig):
        return "refuses this role, its password or the database's name"
    return "cannot be reached"


def _is_final(error: DBAPIError) -> bool:
    """Return whether waiting cannot help. A missing privilege is not final: migrations grant it after the tables."""
    message = str(error.orig)
    return "authentication failed" in message or "does not exist" in message
