"""A member service on a real PostgreSQL, with its real roles; auth's end is played by `FakeAuth`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import uuid_utils.compat
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from passlib.hash import argon2

from platform_member.app import make_app
from platform_member.config import MemberSettings, MigrationSettings
from platform_member.schema import SCHEMA
from platform_testing.published_keys import PublishedKeys
from platform_testing.tested_service import TestedService

PASSWORD = "a quiet morning by the lake"


class FakeAuth(PublishedKeys):
    """auth as member sees it: it publishes a key, and ends sessions. It can be `away`, or answer `status`."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        super().__init__(key)
        self.away = False
        self.status = 204
        self.ended: list[tuple[str, int]] = []
        self.requests: list[httpx2.Request] = []
        self.before_answer: Callable[[], Any] | None = None

    async def respond(self, request: httpx2.Request) -> httpx2.Response:
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
def tested_service() -> TestedService:
    """This service."""
    return TestedService(
        SCHEMA,
        MemberSettings,
        MigrationSettings,
        caller="auth",
        values={"factor_keys": "f" * 32, "public_url": "https://members.test"},
    )


@pytest.fixture
def auth(signing_key) -> FakeAuth:
    """auth's end."""
    return FakeAuth(signing_key)


@pytest.fixture
def make_replica(auth) -> Callable[[MemberSettings], FastAPI]:
    """Return a maker of applications that call the test's auth."""
    return lambda settings: make_app(settings, auth)[0]


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
def registration() -> Callable[..., dict[str, Any]]:
    """Return a maker of what someone new says of itself."""

    def make(name: str = "new", **changes: Any) -> dict[str, Any]:
        return {"email": f"{name}@example.com", "password": PASSWORD, "display_name": name.title()} | changes

    return make
