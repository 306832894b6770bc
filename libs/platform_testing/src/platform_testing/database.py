"""For tests of services with tables: a database with the service's real roles, seen from beside the service."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from platform_database.migrate import migrate
from platform_database.schema import Schema
from platform_database.settings import MigrationSettings
from platform_testing.postgres import EphemeralPostgres


class TestedDatabase:
    """A database of `service`: its URLs, and a look inside."""

    __test__ = False  # pytest would collect classes named Test…

    def __init__(self, postgres: EphemeralPostgres, service: str, name: str, passwords: dict[str, str]) -> None:
        self.name = name
        self.owner, self.app = roles_of(service)
        self.url = postgres.url(name)
        self.app_url = postgres.url(name, self.app, passwords[self.app])
        self.owner_url = postgres.url(name, self.owner, passwords[self.owner])

    def run(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Run a statement as the superuser, and return its rows."""
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *values: Any) -> Any:
        """Return the one value of the one row of a statement."""
        (row,) = self.run(statement, *values)
        (value,) = row.values()
        return value

    def delete_rows(self) -> None:
        """Delete every row except the record of migrations."""
        self.run(
            "DO $$ BEGIN EXECUTE ("
            " SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            "); END $$"
        )


def roles_of(service: str) -> tuple[str, str]:
    """Return the names of the owner's role and the service's."""
    return f"{service}_owner", f"{service}_app"


class ServiceDatabases:
    """The databases of services on one server. A service's roles and its migrated template are created once."""

    def __init__(self, postgres: EphemeralPostgres) -> None:
        self._postgres = postgres
        self._passwords: dict[str, dict[str, str]] = {}
        self._migrated: dict[str, TestedDatabase] = {}

    def create(self, service: str) -> TestedDatabase:
        """Create a database without tables; the owner's role may create some."""
        if service not in self._passwords:
            self._passwords[service] = self._make_roles(service)
        database = TestedDatabase(
            self._postgres, service, f"{service}_{secrets.token_hex(4)}", self._passwords[service]
        )
        self._execute("CREATE DATABASE {} OWNER {}", sql.Identifier(database.name), sql.Identifier(database.owner))
        return database

    def migrated(self, schema: Schema, settings: type[MigrationSettings]) -> TestedDatabase:
        """Return the one database of a service with all tables."""
        if schema.service not in self._migrated:
            database = self.create(schema.service)
            migrate(settings(migration_database_url=database.owner_url, _env_file=None), schema)
            self._migrated[schema.service] = database
        return self._migrated[schema.service]

    def drop(self, database: TestedDatabase) -> None:
        """Drop a database and disconnect its clients."""
        self._execute("DROP DATABASE {} WITH (FORCE)", sql.Identifier(database.name))

    def _make_roles(self, service: str) -> dict[str, str]:
        passwords = {role: secrets.token_urlsafe(12) for role in roles_of(service)}
        for role, password in passwords.items():
            self._execute("CREATE ROLE {} LOGIN PASSWORD {}", sql.Identifier(role), sql.Literal(password))
        return passwords

    def _execute(self, statement: LiteralString, *parts: sql.Composable) -> None:
        with psycopg.connect(self._postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*parts))


@dataclass(frozen=True)
class Plan:
    """What one statement cost the server (`EXPLAIN ANALYZE`)."""

    statement: str
    milliseconds: float
    buffers: int
    # The most rows that any step of the plan produced or discarded; entries of a bitmap are no rows.
    rows: int

    @classmethod
    def from_document(cls, statement: str, document: Mapping[str, Any]) -> Plan:
        """Read the server's document."""
        root = document["Plan"]
        buffers = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
        return cls(statement, document["Execution Time"], buffers, max(_rows(node) for node in _nodes(root)))


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _rows(node: Mapping[str, Any]) -> int:
    seen: float = (
        node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    )
    return 0 if node["Node Type"].startswith("Bitmap Index") else round(seen * node["Actual Loops"])


@contextmanager
def recorded_statements(engine: AsyncEngine) -> Iterator[list[tuple[str, Any]]]:
    """Record the statements that are sent, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", record)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", record)


async def explain(session: AsyncSession, statement: str, parameters: Any) -> Plan:
    """Explain a recorded statement, in the transaction of `session` with its settings, and return its cost."""
    connection = await session.connection()
    rows = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
    (document,) = rows.scalar_one()
    return Plan.from_document(statement, document)
