"""Migrations: by the owner alone, one at a time; the service's role gets rows and no shapes."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from platform_common.serving import StartupError
from platform_database import migrate as migrate_module
from platform_database.engine import driver_url
from platform_database.idempotency.models import IdempotencyTable
from platform_database.migrate import alembic_config
from platform_database.outbox.models import OutboxTable
from platform_member.accounts.models import Member  # noqa: F401 (fills the metadata)
from platform_member.config import MigrationSettings
from platform_member.factors.models import TotpFactor  # noqa: F401 (fills the metadata)
from platform_member.orm import Table
from platform_member.schema import SCHEMA

HEAD = SCHEMA.revision


def migrate(settings):
    return migrate_module.migrate(settings, SCHEMA)


def test_the_revision_that_the_code_needs_is_the_last_of_its_migrations():
    revisions = [script.revision for script in ScriptDirectory.from_config(alembic_config(SCHEMA)).walk_revisions()]

    assert revisions[0] == HEAD
    assert revisions == sorted(revisions, reverse=True)


def settings_for(url, **changes):
    return MigrationSettings(**({"migration_database_url": url} | changes), _env_file=None)


def test_an_empty_database_gets_every_table_and_a_second_run_changes_nothing(empty_database):
    settings = settings_for(empty_database.owner_url)

    assert migrate(settings) == (None, HEAD)
    assert migrate(settings) == (HEAD, HEAD)


def test_the_tables_are_those_that_the_code_maps(database):
    engine = create_engine(driver_url(database.url))

    def relevant(_object, _name, type_, _reflected, _compare_to):
        # Indices by expression and condition are the migrations' own: they speed queries up and mean nothing.
        return type_ != "index"

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": relevant, "compare_type": True})
        metadata: Any = [Table.metadata, IdempotencyTable.metadata, OutboxTable.metadata]
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_every_step_can_be_taken_back(empty_database):
    migrate(settings_for(empty_database.owner_url))
    engine = create_engine(driver_url(empty_database.owner_url))
    with engine.connect() as connection:
        config = alembic_config(SCHEMA)
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    engine.dispose()

    tables = [
        row["tablename"] for row in empty_database.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    assert tables == ["alembic_version"]
    assert migrate(settings_for(empty_database.owner_url)) == (None, HEAD)


def test_migrations_at_once_come_one_after_another(empty_database):
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(migrate(settings_for(empty_database.owner_url))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results, key=str) == sorted([(None, HEAD), (HEAD, HEAD), (HEAD, HEAD), (HEAD, HEAD)], key=str)


def test_a_migration_waits_for_another_and_says_so_when_it_does_not_end(empty_database):
    with psycopg.connect(empty_database.owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [migrate_module._LOCK])
        with pytest.raises(StartupError, match="MEMBER_MIGRATION_DATABASE_URL"):
            migrate(settings_for(empty_database.owner_url, migration_wait_seconds=0.3))

    assert migrate(settings_for(empty_database.owner_url)) == (None, HEAD)


def test_a_migration_waits_for_a_server_that_starts(empty_database, monkeypatch):
    connect, attempts = migrate_module.Engine.connect, []

    def refused_twice(engine):
        attempts.append(1)
        if len(attempts) < 3:
            raise migrate_module.OperationalError("", {}, psycopg.OperationalError("refused"))
        return connect(engine)

    monkeypatch.setattr(migrate_module.Engine, "connect", refused_twice)

    assert migrate(settings_for(empty_database.owner_url)) == (None, HEAD)
    assert len(attempts) == 3


def test_a_server_that_is_away_ends_it_with_a_sentence(postgres):
    url = f"postgresql://x:secret@127.0.0.1:1/{postgres.port}"
    with pytest.raises(StartupError, match="MEMBER_MIGRATION_DATABASE_URL cannot be reached") as refusal:
        migrate(settings_for(url, migration_wait_seconds=0.3))

    assert "secret" not in str(refusal.value)


def test_a_wrong_password_is_not_waited_for(empty_database):
    with pytest.raises(StartupError, match="MEMBER_MIGRATION_DATABASE_URL names a role or password that is refused"):
        migrate(settings_for(empty_database.owner_url.replace("member_owner:", "member_owner:x")))


def test_a_role_that_is_not_there_is_named(empty_database):
    with pytest.raises(StartupError, match="MEMBER_APP_ROLE"):
        migrate(settings_for(empty_database.owner_url, app_role="nobody_here"))


def test_a_newer_database_is_left_as_it_is(empty_database):
    """An older replica's job must not take a step back."""
    migrate(settings_for(empty_database.owner_url))
    empty_database.run("UPDATE alembic_version SET version_num = '9999'")

    assert migrate(settings_for(empty_database.owner_url)) == ("9999", "9999")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE members ADD COLUMN mine int",
        "DROP TABLE members",
        "TRUNCATE members",
        "UPDATE alembic_version SET version_num = '0000'",
        "DELETE FROM alembic_version",
        "GRANT ALL ON members TO PUBLIC",
    ],
)
def test_the_services_role_changes_no_shape(database, statement):
    with psycopg.connect(database.app_url) as connection:
        try:
            connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return
        # PostgreSQL answers a GRANT of what one does not own with a warning, and grants nothing.
        connection.rollback()
    assert statement.startswith("GRANT")
    assert not database.one("SELECT has_table_privilege('public', 'members', 'SELECT')")


async def test_readiness_says_that_migrations_are_missing(empty_database, make_settings, start, connect):
    client = await connect(await start(make_settings(database_url=empty_database.app_url)))

    missing = await client.get("/readyz")
    migrate(settings_for(empty_database.owner_url))
    there = await client.get("/readyz")
    empty_database.run("UPDATE alembic_version SET version_num = '9999'")
    newer = await client.get("/readyz")

    assert missing.json()["failing"] == {"database": "has not all of its tables: run `member migrate`"}
    assert (missing.status_code, there.status_code, newer.status_code) == (503, 200, 200)
