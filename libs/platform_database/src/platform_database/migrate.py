"""Migrations: run by the owner's role, one process at a time, and the service's role gets rows but no shapes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from platform_common.serving import StartupError
from platform_database.engine import driver_url
from platform_database.schema import Schema
from platform_database.settings import MigrationSettings, variable

# An arbitrary number, the same everywhere: two migrations of one database at once come one after another.
_LOCK = 7_310_000
# A migration that waits for a table lock blocks everything behind it, so it fails early and is run again.
_LOCK_TIMEOUT = "5s"
_POLL_SECONDS = 0.2

_GRANTS = (
    'GRANT USAGE ON SCHEMA public TO "{role}"',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"',
    'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"',
    'REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM "{role}"',
)


def alembic_config(schema: Schema) -> Config:
    """Return Alembic's configuration; there is no alembic.ini, `<service> migrate` is the way in."""
    config = Config()
    config.set_main_option("script_location", str(schema.migrations).replace("%", "%%"))
    return config


def migrate(settings: MigrationSettings, schema: Schema) -> tuple[str | None, str | None]:
    """Bring the database to the revision of `schema`, and return the revisions before and after.

    Waits for the server and for other migrations. Raises StartupError with a sentence that names the variable.
    """
    engine = create_engine(
        driver_url(settings.migration_database_url.get_secret_value()),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 3, "application_name": f"{schema.service} migrate"},
    )
    url_variable = variable(settings, "migration_database_url")
    deadline = time.monotonic() + settings.migration_wait_seconds
    with _connected(engine, deadline, url_variable) as connection, _alone(connection, deadline, url_variable):
        _check_role(connection, settings)
        before = _revision(connection)
        # A database that is ahead belongs to newer code; an older job must not touch it.
        if before is None or before < schema.revision:
            connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
            connection.commit()
            config = alembic_config(schema)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        for grant in _GRANTS:
            connection.execute(text(grant.format(role=settings.app_role)))
        connection.commit()
        return before, _revision(connection)


@contextmanager
def _connected(engine: Engine, deadline: float, url_variable: str) -> Iterator[Connection]:
    connection = _connect(engine, deadline, url_variable)
    try:
        yield connection
    finally:
        connection.close()
        engine.dispose()


def _connect(engine: Engine, deadline: float, url_variable: str) -> Connection:
    while True:
        try:
            return engine.connect()
        except OperationalError as error:
            if "authentication failed" in str(error.orig):
                raise StartupError(f"{url_variable} names a role or password that is refused.") from None
            if time.monotonic() > deadline:
                raise StartupError(f"The database of {url_variable} cannot be reached.") from None
        time.sleep(_POLL_SECONDS)


@contextmanager
def _alone(connection: Connection, deadline: float, url_variable: str) -> Iterator[None]:
    while not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}).scalar_one():
        connection.rollback()
        if time.monotonic() > deadline:
            raise StartupError(f"Another migration of the database of {url_variable} does not end.")
        time.sleep(_POLL_SECONDS)
    connection.commit()
    # The lock is the session's: closing the connection gives it back, however this ends.
    yield


def _check_role(connection: Connection, settings: MigrationSettings) -> None:
    role = {"role": settings.app_role}
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), role).scalar()
    connection.rollback()
    if known is None:
        raise StartupError(f"{variable(settings, 'app_role')} names a role that the database does not have.")


def _revision(connection: Connection) -> str | None:
    table = connection.execute(text("SELECT to_regclass('public.alembic_version')")).scalar()
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if table else None
    connection.rollback()
    return str(found) if found else None
