"""A member service on a real PostgreSQL, with its real roles; auth's end is played by `FakeAuth`."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import structlog
import uuid_utils.compat
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from passlib.hash import argon2

from platform_common.local_servers.postgres import EphemeralPostgres
from platform_common.testing.tokens import AUDIENCE, ISSUER, jwk
from platform_common.tokens.service import ServiceTokenIssuer
from platform_database.migrate import migrate
from platform_database.testing import TestedDatabase, make_roles
from platform_member.app import make_app
from platform_member.config import MemberSettings, MigrationSettings
from platform_member.container import Services
from platform_member.schema import SCHEMA

SERVICE_KEY = secrets.token_urlsafe(32)
PASSWORD = "a quiet morning by the lake"


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Log lines as plain JSON; the library's own default draws tracebacks, which takes seconds."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        cache_logger_on_first_use=False,
    )


class FakeAuth(httpx2.AsyncBaseTransport):
    """auth as member sees it: it publishes a key, and ends sessions. It can be `away`, or answer `status`."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._jwks = {"keys": [jwk(key, "k1")]}
        self.away = False
        self.status = 204
        self.ended: list[tuple[str, int]] = []
        self.requests: list[httpx2.Request] = []
        self.before_answer: Callable[[], Any] | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/.well-known/jwks.json":
            return httpx2.Response(200, json=self._jwks)
        self.requests.append(request)
        if self.away:
            raise httpx2.ConnectError("refused")
        if self.before_answer is not None:
            await self.before_answer()
        if self.status == 204:
            _, _, _, member_id, _ = request.url.path.split("/")
            self.ended.append((member_id, int(request.url.params["epoch"])))
        return httpx2.Response(self.status)


@pytest.fixture(scope="session")
def roles(postgres: EphemeralPostgres) -> dict[str, str]:
    """The owner's role and the service's, with their passwords."""
    return make_roles(postgres, "member")


@pytest.fixture
def empty_database(postgres, roles, make_template, make_database) -> TestedDatabase:
    """A database of the owner's without tables."""
    name = make_database(make_template("member_empty", lambda _: None))
    database = TestedDatabase(postgres, "member", name, roles)
    database.give_to_owner()
    return database


@pytest.fixture(scope="session")
def migrated_database(postgres, roles, make_template) -> TestedDatabase:
    """A database with all tables, shared by the session's tests."""
    database = TestedDatabase(postgres, "member", "member_tests", roles)

    def fill(_superuser_url: str) -> None:
        database.give_to_owner()
        migrate(MigrationSettings(migration_database_url=database.owner_url, _env_file=None), SCHEMA)

    make_template("member_tests", fill)
    return database


@pytest.fixture
def database(migrated_database) -> TestedDatabase:
    """A database with all tables and no rows; cleaned rather than copied, which takes a tenth of the time."""
    migrated_database.run("TRUNCATE members, idempotency_records, outbox_events CASCADE")
    return migrated_database


@pytest.fixture
def make_settings(database) -> Callable[..., MemberSettings]:
    """Return a maker of settings; what goes on in the background sleeps, and tests call it instead."""

    def make(**changes: Any) -> MemberSettings:
        given = {
            "database_url": database.app_url,
            "auth_url": "http://auth.test",
            "token_issuer": ISSUER,
            "token_audience": AUDIENCE,
            "service_token_key": SERVICE_KEY,
            "fingerprint_key": "k" * 32,
            "port": 0,
            "outbox_poll_interval_seconds": 600,
            "purge_interval_seconds": 600,
            # A busy machine is no failure.
            "database_pool_timeout_seconds": 60,
            "database_lock_timeout_seconds": 60,
            "database_statement_timeout_seconds": 60,
            "request_timeout_seconds": 100,
        }
        return MemberSettings(**(given | changes), _env_file=None)

    return make


@pytest.fixture
def settings(make_settings) -> MemberSettings:
    """Settings that fit the test's database."""
    return make_settings()


@pytest.fixture
def auth(signing_key) -> FakeAuth:
    """auth's end."""
    return FakeAuth(signing_key)


@pytest.fixture
async def start(database, auth) -> AsyncIterator[Callable[[MemberSettings], Awaitable[FastAPI]]]:  # noqa: ARG001
    """Return a function that starts one more replica; all have ended when the database goes."""
    async with AsyncExitStack() as stack:

        async def start(settings: MemberSettings) -> FastAPI:
            app, _ = make_app(settings, auth)
            await stack.enter_async_context(app.router.lifespan_context(app))
            return app

        yield start


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[FastAPI], Awaitable[httpx2.AsyncClient]]]:
    """Return a function that gives a client of a replica."""
    async with AsyncExitStack() as stack:

        async def connect(app: FastAPI) -> httpx2.AsyncClient:
            transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
            client = httpx2.AsyncClient(transport=transport, base_url="http://member.test")
            return await stack.enter_async_context(client)

        yield connect


@pytest.fixture
async def app(start, settings) -> FastAPI:
    """A running service."""
    return await start(settings)


@pytest.fixture
def services(app) -> Services:
    """The services of the running service."""
    return app.state.services


@pytest.fixture
async def client(app, connect) -> httpx2.AsyncClient:
    """A client without any credential."""
    return await connect(app)


@dataclass(frozen=True)
class Someone:
    """A member and the header that its log-in gave it."""

    id: str
    email: str
    headers: dict[str, str]
    password: str = PASSWORD

    @property
    def path(self) -> str:
        return f"/api/members/{self.id}"


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The hash of PASSWORD."""
    return argon2.using(type="ID", memory_cost=19456, time_cost=2, parallelism=1).hash(PASSWORD)


@pytest.fixture
def make_member(database, make_token, password_hash) -> Callable[..., Someone]:
    """Return a maker of members that are logged in."""

    def make(name: str = "ann", *roles: str, status: str = "active", **claims: Any) -> Someone:
        member_id, held = uuid_utils.compat.uuid7(), ["member", *roles]
        email = f"{name}@example.com"
        database.run(
            "INSERT INTO members"
            " (id, email, display_name, locale, roles, status, password_hash, version, session_epoch)"
            " VALUES (%s, %s, %s, 'en', %s, %s, %s, 1, 1)",
            member_id, email, name.title(), sorted(held), status, password_hash,
        )  # fmt: skip
        token = make_token(**{"sub": str(member_id), "roles": held} | claims)
        return Someone(str(member_id), email, {"Authorization": f"Bearer {token}"})

    return make


@pytest.fixture
def ann(make_member) -> Someone:
    """A member."""
    return make_member("ann")


@pytest.fixture
def bob(make_member) -> Someone:
    """Another member."""
    return make_member("bob")


@pytest.fixture
def admin(make_member) -> Someone:
    """An administrator."""
    return make_member("root", "admin")


@pytest.fixture
def service() -> Callable[..., dict[str, str]]:
    """Return what a service sends with its calls: its name, and whom the token is for."""

    def headers(caller: str = "auth", audience: str = "member", key: str = SERVICE_KEY) -> dict[str, str]:
        return {"Authorization": f"Bearer {ServiceTokenIssuer(caller, key).token_for(audience)}"}

    return headers


@pytest.fixture
def registration() -> Callable[..., dict[str, Any]]:
    """Return a maker of what someone new says of itself."""

    def make(name: str = "new", **changes: Any) -> dict[str, Any]:
        return {"email": f"{name}@example.com", "password": PASSWORD, "display_name": name.title()} | changes

    return make
