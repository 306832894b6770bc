"""Fixtures: one real PostgreSQL and one real Valkey a test session, each test with its own clean state."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from platform_common.local_servers.postgres import EphemeralPostgres
from platform_common.local_servers.valkey import PLATFORM_RULES, AclUser, EphemeralValkey

# The platform's own users, and one of the tests', to look inside and to clean up.
REDIS_RULES = {"admin": "~* &* +@all", **PLATFORM_RULES}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EphemeralPostgres]:
    """A running PostgreSQL."""
    server = EphemeralPostgres(_world_readable(tmp_path_factory.mktemp("postgres")))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def make_template(postgres: EphemeralPostgres) -> Callable[[str, Callable[[str], None]], str]:
    """Return a function that makes a template database once a session: name, and what fills it (given its URL)."""
    made: dict[str, str] = {}

    def make(name: str, fill: Callable[[str], None]) -> str:
        if name not in made:
            _execute(postgres, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            fill(postgres.url(name))
            made[name] = name
        return made[name]

    return make


@pytest.fixture
def make_database(postgres: EphemeralPostgres) -> Iterator[Callable[[str], str]]:
    """Return a function that copies a template into a database of the test's own, and says its name."""
    made: list[str] = []

    def make(template: str) -> str:
        name = f"{template}_{secrets.token_hex(4)}"
        query = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        _execute(postgres, query)
        made.append(name)
        return name

    yield make
    for name in made:
        _execute(postgres, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EphemeralValkey]:
    """A running Valkey with the platform's users."""
    users = {name: AclUser(secrets.token_urlsafe(16), rules) for name, rules in REDIS_RULES.items()}
    server = EphemeralValkey(tmp_path_factory.mktemp("valkey"), users)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def clean_valkey(valkey: EphemeralValkey) -> EphemeralValkey:
    """The session's Valkey, emptied."""
    with redis.Redis.from_url(valkey.url("admin", 0)) as admin:
        admin.flushall()
    return valkey


def _execute(postgres: EphemeralPostgres, query: sql.Composed) -> None:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(query)


def _world_readable(folder: Path) -> Path:
    # pytest's folders are closed to others, and root's PostgreSQL runs as another user.
    folder.chmod(0o755)
    return folder
