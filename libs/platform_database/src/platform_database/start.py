"""Whether the service can start: the database answers, lets its role in, and has its tables."""

from __future__ import annotations

import asyncio

from sqlalchemy.exc import DBAPIError

from platform_common.serving import StartupError
from platform_database.engine import make_engine
from platform_database.revision import SchemaOutdated, check_revision
from platform_database.schema import Schema
from platform_database.settings import DatabaseSettings, variable

# Below the bound of a whole start, so that the sentence is ours and names the variable (seconds).
WAIT_SECONDS = 6.0
POLL_SECONDS = 0.2


async def wait_for_database(settings: DatabaseSettings, schema: Schema, wait_seconds: float = WAIT_SECONDS) -> None:
    """Wait for the database and its tables. Raises StartupError with a sentence that names the variable."""
    engine = make_engine(settings)
    reason = "does not respond"
    try:
        async with asyncio.timeout(wait_seconds):
            while True:
                try:
                    await check_revision(engine, schema)
                except SchemaOutdated as error:
                    reason = str(error)
                except DBAPIError as error:
                    reason = _reason(error)
                    if _is_final(error):
                        break
                else:
                    return
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        pass
    finally:
        await engine.dispose()
    raise StartupError(f"The database of {variable(settings, 'database_url')} {reason}.")


def _reason(error: DBAPIError) -> str:
    if _is_final(error) or "permission denied" in str(error.orig):
        return "refuses this role, its password or the database's name"
    return "cannot be reached"


def _is_final(error: DBAPIError) -> bool:
    """Return whether waiting cannot help. A missing privilege is not final: migrations grant it after the tables."""
    message = str(error.orig)
    return "authentication failed" in message or "does not exist" in message
