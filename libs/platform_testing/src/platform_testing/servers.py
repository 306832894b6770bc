"""Fixtures: one real PostgreSQL and one real Valkey a test session."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
import redis

from platform_testing.postgres import EphemeralPostgres
from platform_testing.valkey import PLATFORM_RULES, AclUser, EphemeralValkey

# The platform's own users, and one of the tests', to look inside and to clean up.
REDIS_RULES = {"admin": "~* &* +@all", **PLATFORM_RULES}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EphemeralPostgres]:
    """A running PostgreSQL."""
    folder = tmp_path_factory.mktemp("postgres")
    # pytest's folders are closed to others, and root's PostgreSQL runs as another user.
    folder.chmod(0o755)
    server = EphemeralPostgres(folder)
    server.start()
    yield server
    server.stop()


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
