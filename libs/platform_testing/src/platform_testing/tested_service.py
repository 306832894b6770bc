"""Fixtures of a service with tables: databases, settings, replicas and clients.

The service's conftest.py defines two fixtures: `tested_service`, and `make_replica`, which creates its application from
settings, with fakes of the other services.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from platform_common.tokens.service import ServiceTokenIssuer
from platform_database.schema import Schema
from platform_database.settings import ApiSettings, MigrationSettings
from platform_testing.database import ServiceDatabases, TestedDatabase
from platform_testing.postgres import EphemeralPostgres
from platform_testing.tokens import AUDIENCE, ISSUER

SERVICE_KEY = secrets.token_urlsafe(32)
SETTINGS: Mapping[str, Any] = {
    "auth_url": "http://auth.test",
    "token_issuer": ISSUER,
    "token_audience": AUDIENCE,
    "service_token_key": SERVICE_KEY,
    "fingerprint_key": "k" * 32,
    "port": 0,
    # Periodic tasks sleep, and tests run them directly.
    "outbox_poll_interval_seconds": 600,
    "purge_interval_seconds": 600,
    # A busy machine is no failure.
    "database_pool_timeout_seconds": 60,
    "database_lock_timeout_seconds": 60,
    "database_statement_timeout_seconds": 60,
    "request_timeout_seconds": 100,
}


@dataclass(frozen=True)
class TestedService:
    """What is tested: its tables, the classes of its settings, what these need besides SETTINGS, who calls it."""

    __test__ = False  # pytest would collect classes named Test…

    schema: Schema
    settings: type[ApiSettings]
    migration_settings: type[MigrationSettings]
    caller: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The service's name."""
        return self.schema.service


@pytest.fixture(scope="session")
def service_databases(postgres: EphemeralPostgres) -> ServiceDatabases:
    """The databases of every tested service."""
    return ServiceDatabases(postgres)


@pytest.fixture
def empty_database(tested_service: TestedService, service_databases: ServiceDatabases) -> Iterator[TestedDatabase]:
    """A database of the owner's without tables."""
    database = service_databases.create(tested_service.name)
    yield database
    service_databases.drop(database)


@pytest.fixture
def database(tested_service: TestedService, service_databases: ServiceDatabases) -> TestedDatabase:
    """A database with all tables and no rows; cleaned rather than copied, which takes a tenth of the time."""
    database = service_databases.migrated(tested_service.schema, tested_service.migration_settings)
    database.delete_rows()
    return database


@pytest.fixture
def make_settings(tested_service: TestedService, database: TestedDatabase) -> Callable[..., ApiSettings]:
    """Return a maker of settings that fit the test's database."""

    def make(**changes: Any) -> ApiSettings:
        given = {"database_url": database.app_url, **SETTINGS, **tested_service.values}
        return tested_service.settings(**(given | changes), _env_file=None)

    return make


@pytest.fixture
def settings(make_settings: Callable[..., ApiSettings]) -> ApiSettings:
    """Settings that fit the test's database."""
    return make_settings()


@pytest.fixture
async def start(
    database: TestedDatabase,  # noqa: ARG001 # all replicas have ended when it goes
    make_replica: Callable[[ApiSettings], FastAPI],
) -> AsyncIterator[Callable[[ApiSettings], Awaitable[FastAPI]]]:
    """Return a function that starts one more replica."""
    async with AsyncExitStack() as stack:

        async def start(settings: ApiSettings) -> FastAPI:
            app = make_replica(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            return app

        yield start


@pytest.fixture
async def connect(tested_service: TestedService) -> AsyncIterator[Callable[[FastAPI], Awaitable[httpx2.AsyncClient]]]:
    """Return a function that gives a client of a replica."""
    async with AsyncExitStack() as stack:

        async def connect(app: FastAPI) -> httpx2.AsyncClient:
            transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
            client = httpx2.AsyncClient(transport=transport, base_url=f"http://{tested_service.name}.test")
            return await stack.enter_async_context(client)

        yield connect


@pytest.fixture
async def app(start: Callable[[ApiSettings], Awaitable[FastAPI]], settings: ApiSettings) -> FastAPI:
    """A running service."""
    return await start(settings)


@pytest.fixture
def services(app: FastAPI) -> Any:
    """What the running service is made of, its own `Services`."""
    return app.state.services


@pytest.fixture
async def client(app: FastAPI, connect: Callable[[FastAPI], Awaitable[httpx2.AsyncClient]]) -> httpx2.AsyncClient:
    """A client without any credential."""
    return await connect(app)


@pytest.fixture
def service(tested_service: TestedService) -> Callable[..., dict[str, str]]:
    """Return what a service sends with its calls: its name, and whom the token is for."""

    def headers(
        caller: str = tested_service.caller, audience: str = tested_service.name, key: str = SERVICE_KEY
    ) -> dict[str, str]:
        return {"Authorization": f"Bearer {ServiceTokenIssuer(caller, key).token_for(audience)}"}

    return headers
