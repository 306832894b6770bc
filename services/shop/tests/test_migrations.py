"""Migrations: an empty database gets every table, each step can be taken back, the service's role changes no shape."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from platform_database import migrate as migrate_module
from platform_database.engine import driver_url
from platform_database.idempotency.models import IdempotencyTable
from platform_database.migrate import alembic_config
from platform_database.outbox.models import OutboxTable
from platform_shop.cart.models import Cart  # noqa: F401 (fills the metadata)
from platform_shop.catalogue.models import SEARCH_VECTOR, Product  # noqa: F401 (the same)
from platform_shop.config import MigrationSettings
from platform_shop.orders.models import Order  # noqa: F401 (the same)
from platform_shop.orm import Table
from platform_shop.schema import SCHEMA


def migrate(database):
    settings = MigrationSettings(migration_database_url=database.owner_url, _env_file=None)
    return migrate_module.migrate(settings, SCHEMA)


def test_the_revision_that_the_code_needs_is_the_last_of_its_migrations():
    revisions = [script.revision for script in ScriptDirectory.from_config(alembic_config(SCHEMA)).walk_revisions()]

    assert revisions[0] == SCHEMA.revision
    assert revisions == sorted(revisions, reverse=True)


def test_an_empty_database_gets_every_table_and_a_second_run_changes_nothing(empty_database):
    assert migrate(empty_database) == (None, SCHEMA.revision)
    assert migrate(empty_database) == (SCHEMA.revision, SCHEMA.revision)


def test_the_tables_are_those_that_the_code_maps(database):
    engine = create_engine(driver_url(database.url))

    def relevant(_object, _name, type_, _reflected, _compare_to):
        # Indices by expression and condition are the migrations' own: they speed queries up and mean nothing.
        return type_ != "index"

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": relevant, "compare_type": True})
        # A list is allowed; the annotation of the function says one.
        metadata: Any = [Table.metadata, IdempotencyTable.metadata, OutboxTable.metadata]
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_every_step_can_be_taken_back(empty_database):
    migrate(empty_database)
    engine = create_engine(driver_url(empty_database.owner_url))
    with engine.connect() as connection:
        config = alembic_config(SCHEMA)
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    engine.dispose()

    tables = empty_database.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert [row["tablename"] for row in tables] == ["alembic_version"]
    assert migrate(empty_database) == (None, SCHEMA.revision)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE orders ADD COLUMN mine int",
        "DROP TABLE orders",
        "TRUNCATE orders",
        "DELETE FROM alembic_version",
    ],
)
def test_the_services_role_changes_no_shape(database, statement):
    with psycopg.connect(database.app_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE variants SET stock = -1",
        "UPDATE orders SET state = 'lost'",
        "UPDATE cart_lines SET quantity = 0",
        "UPDATE payments SET state = 'stolen'",
    ],
)
async def test_the_database_itself_refuses_what_must_never_be(ann, mug, database, statement):
    await ann.add(mug)
    await ann.order()
    await ann.add(mug)

    with pytest.raises(psycopg.errors.CheckViolation):
        database.run(statement)


async def test_readiness_says_that_migrations_are_missing(empty_database, make_settings, start, connect):
    client = await connect(await start(make_settings(database_url=empty_database.app_url)))

    missing = await client.get("/readyz")
    migrate(empty_database)

    assert missing.json()["failing"] == {"database": "has not all of its tables: run `shop migrate`"}
    assert (await client.get("/readyz")).status_code == 200
