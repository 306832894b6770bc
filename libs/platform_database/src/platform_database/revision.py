"""Whether the database has the tables that this code needs."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from platform_database.schema import Schema

_UNDEFINED_TABLE = "42P01"


class SchemaOutdated(Exception):
    """The database lacks migrations; the message names the command that runs them."""


async def check_revision(engine: AsyncEngine, schema: Schema) -> None:
    """Raise SchemaOutdated unless the database has every step of `schema`.

    A higher revision is fine: the database is migrated before the code is replaced.
    """
    try:
        async with engine.connect() as connection:
            current = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _UNDEFINED_TABLE:
            raise
        current = None
    if current is None or current < schema.revision:
        raise SchemaOutdated(f"has not all of its tables: run `{schema.service} migrate`")
