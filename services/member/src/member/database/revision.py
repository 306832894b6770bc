"""Whether the database has the tables that this code needs."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

# The last of the migrations that this code needs. They are numbered, so that order shows without reading them all.
REVISION = "0001"

_UNDEFINED_TABLE = "42P01"


class SchemaOutdated(Exception):
    """The database lacks migrations; the message says which command runs them."""


async def check_revision(engine: AsyncEngine) -> None:
    """Raise SchemaOutdated unless the database has every migration that this code needs.

    A higher revision is fine: the database is migrated before the code is replaced.
    """
    try:
        async with engine.connect() as connection:
            current = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _UNDEFINED_TABLE:
            raise
        current = None
    if current is None or current < REVISION:
        raise SchemaOutdated("has not all of its tables: run `member migrate`")
