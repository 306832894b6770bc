"""Whether the database has the tables that this code needs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

_FOLDER = Path(__file__).parent.parent / "migrations"
_UNDEFINED_TABLE = "42P01"


class SchemaOutdated(Exception):
    """The database lacks migrations; the message says which command runs them."""


def alembic_config() -> Config:
    """Return Alembic's configuration; there is no alembic.ini, `member migrate` is the way in."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


@cache
def scripts() -> ScriptDirectory:
    """Return the migrations that this code brings."""
    return ScriptDirectory.from_config(alembic_config())


async def check_revision(engine: AsyncEngine) -> None:
    """Raise SchemaOutdated unless the database has every migration that this code brings.

    A revision that this code does not know is a newer one: the database is migrated before the code is replaced.
    """
    try:
        async with engine.connect() as connection:
            current = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _UNDEFINED_TABLE:
            raise
        current = None
    known = {script.revision for script in scripts().walk_revisions()}
    if current is None or (current in known and current != scripts().get_current_head()):
        raise SchemaOutdated("has not all of its tables: run `member migrate`")
