"""auth in one process, on a real Valkey; member's end is played by `FakeMember`."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis.asyncio
import structlog
import uvloop
from prometheus_client import CollectorRegistry

from platform_auth.app import Auth
from platform_auth.config import AuthSettings
from platform_auth.keys.files import init_ring
from platform_common.tokens.service import ServiceTokenIssuer, ServiceTokenVerifier
from platform_testing.tokens import AUDIENCE, ISSUER, Clock


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run on the event loop that serves: a connection that was cut fails differently on the other."""
    return {"uvloop": uvloop.new_event_loop}


SERVICE_KEY = "a service-token key of more than thirty-two bytes"
ADDRESS = "203.0.113.9"
ORIGIN = "https://members.test"


class FakeMember:
    """Member's internal API, in memory. `away` makes it unreachable."""

    def __init__(self) -> None:
        self.accounts: dict[str, dict[str, Any]] = {}
        self.recorded: dict[tuple[str, str], tuple[str, httpx2.Response]] = {}
        self.requests: list[httpx2.Request] = []
        self.away = False
        self.response: httpx2.Response | None = None
        self.before_response_to_verify: Callable[[], Any] | None = None
        self.before_response_to_change: Callable[[str, int, str], Any] | None = None
        self.respond_about_passkeys: Callable[..., httpx2.Response] = lambda *_: problem("passkeys-disabled", 404)
        self._tokens = ServiceTokenVerifier("member", SERVICE_KEY, callers={"auth"})

    def add(self, email: str, password: str = "correct horse", roles: tuple[str, ...] = ("member",)) -> dict[str, Any]:
        """Make an account."""
        member = {
            "id": f"0198-{len(self.accounts)}", "email": email, "email_verified": False, "display_name": "M",
            "locale": "en", "roles": list(roles), "status": "active", "version": 1,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        }  # fmt: skip
        self.accounts[email] = {"password": password, "member": member, "epoch": 0, "suspended": False, "codes": {}}
        return member

    def add_codes(self, email: str = "ada@example.com", **codes: list[str]) -> None:
        """Give an account second factors: codes that are right once, by method (underscores stand for hyphens)."""
        self.accounts[email]["codes"] = {name.replace("_", "-"): list(listed) for name, listed in codes.items()}

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        self.requests.append(request)
        if self.away:
            raise httpx2.ConnectError("away")
        if self.response is not None:
            return self.response
        self._tokens.caller(request.headers.get("Authorization"))
        body = json.loads(request.content or b"{}")
        if "/passkey" in request.url.path:
            return self.respond_about_passkeys(request, body)
        if "/factors" in request.url.path:
            return await self._factors(request, body)
        if request.url.path == "/internal/credentials/verify":
            return await self._verify(body)
        if request.url.path == "/internal/credentials/change":
            return await self._change(body)
        assert request.url.path == "/internal/members"
        return self._register(body)

    async def _verify(self, body: dict[str, Any]) -> httpx2.Response:
        account = self.accounts.get(body["email"].lower())
        if account is None or account["password"] != body["password"] or account["suspended"]:
            return problem("credentials-invalid", 401)
        response = httpx2.Response(200, json=verified(account) | {"second_factors": list(account["codes"])})
        if self.before_response_to_verify is not None:
            hook, self.before_response_to_verify = self.before_response_to_verify, None
            await hook()
        return response

    async def _change(self, body: dict[str, Any]) -> httpx2.Response:
        (account,) = [found for found in self.accounts.values() if found["member"]["id"] == body["member_id"]]
        if account["password"] != body["current_password"]:
            errors = [{"pointer": "/current_password", "code": "password-wrong", "detail": "Another."}]
            return problem("current-password-wrong", 422, errors=errors)
        if len(body["new_password"]) < 8:
            errors = [{"pointer": "/new_password", "code": "password-too-short", "detail": "At least 8 characters."}]
            return problem("payload-invalid", 422, errors=errors)
        account["password"] = body["new_password"]
        account["epoch"] += 1
        if self.before_response_to_change is not None:
            await self.before_response_to_change(body["member_id"], account["epoch"], body["keep_session"])
        return httpx2.Response(200, json=verified(account))

    async def _factors(self, request: httpx2.Request, body: dict[str, Any]) -> httpx2.Response:
        _, _, _, member_id, _, *path = request.url.path.split("/")
        (account,) = [found for found in self.accounts.values() if found["member"]["id"] == member_id]
        codes = account["codes"]
        match request.method, "/".join(path):
            case "POST", "verify":
                return await self._verify_code(account, body)
            case "GET", "":
                totp = {"enabled_at": "2026-01-01T00:00:00Z"} if codes else None
                left = len(codes.get("recovery-code", []))
                return httpx2.Response(200, json={"totp": totp, "recovery_codes_left": left, "passkeys": 0})
            case "POST", "totp":
                if codes:
                    return problem("factor-exists", 409)
                return httpx2.Response(201, json={"secret": "JBSWY3DP", "uri": "otpauth://totp/x?secret=JBSWY3DP"})
            case "POST", "totp/confirm":
                if body["code"] != "111111":
                    return problem("code-wrong", 422)
                self.add_codes(account["member"]["email"], totp=["222222"], recovery_code=["ABCDE-FGHJK"])
                account["epoch"] += 1
                if self.before_response_to_change is not None:
                    await self.before_response_to_change(member_id, account["epoch"], body["keep_session"])
                return httpx2.Response(200, json=verified(account) | {"recovery_codes": ["ABCDE-FGHJK"]})
            case "DELETE", "totp":
                if not codes:
                    return problem("factor-not-found", 404)
                codes.clear()
                account["epoch"] += 1
                return httpx2.Response(200, json=verified(account))
        assert (request.method, path) == ("POST", ["recovery-codes"])
        codes["recovery-code"] = ["LMNPQ-RSTVW"]
        return httpx2.Response(201, json={"recovery_codes": codes["recovery-code"]})

    async def _verify_code(self, account: dict[str, Any], body: dict[str, Any]) -> httpx2.Response:
        if account["suspended"] or account["epoch"] != body["session_epoch"]:
            return problem("credentials-invalid", 401)
        right = account["codes"].get(body["method"], [])
        if body["code"] not in right:
            return problem("code-wrong", 422)
        right.remove(body["code"])
        if self.before_response_to_verify is not None:
            hook, self.before_response_to_verify = self.before_response_to_verify, None
            await hook()
        return httpx2.Response(200, json=verified(account))

    def _register(self, body: dict[str, Any]) -> httpx2.Response:
        claim = body.pop("idempotency", None)
        if claim and (recorded := self.recorded.get((claim["scope"], claim["key"]))):
            fingerprint, response = recorded
            if fingerprint != claim["fingerprint"]:
                return problem("idempotency-key-reused", 422)
            return httpx2.Response(
                response.status_code,
                headers={**response.headers, "Idempotent-Replayed": "true"},
                content=response.content,
            )
        if body["email"] in self.accounts:
            return problem("email-taken", 409)
        if len(body["password"]) < 8:
            errors = [{"pointer": "/password", "code": "too-short", "detail": "At least 8 characters."}]
            return problem("payload-invalid", 422, errors=errors)
        member = self.add(body["email"], body["password"])
        response = httpx2.Response(201, json=member, headers={"Location": f"/api/members/{member['id']}"})
        if claim:
            self.recorded[claim["scope"], claim["key"]] = (claim["fingerprint"], response)
        return response


def verified(account: dict[str, Any]) -> dict[str, Any]:
    """Return what member says of an account whose credentials were right."""
    return {"member": account["member"], "session_epoch": account["epoch"]}


def problem(code: str, status: int, **more: Any) -> httpx2.Response:
    """Return a problem as member would."""
    document = {"type": f"/problems/{code}", "title": code, "status": status, "code": code} | more
    return httpx2.Response(status, json=document, headers={"Content-Type": "application/problem+json"})


class Client:
    """A client of auth at one address, and the edge that asks for it."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def login(self, email: str = "ada@example.com", password: str = "correct horse", **more: Any) -> Any:
        """Log in."""
        return await self.http.post("/auth/login", json={"email": email, "password": password}, **more)

    async def tokens(self, email: str = "ada@example.com") -> dict[str, Any]:
        """Log in and return what was answered."""
        response = await self.login(email)
        assert response.status_code == 200, response.text
        document: dict[str, Any] = response.json()
        return document

    async def refresh(self, token: str) -> httpx2.Response:
        """Exchange a refresh token."""
        return await self.http.post("/auth/refresh", json={"refresh_token": token})

    async def verify(self, token: str | None = None, query: str = "", **headers: str) -> httpx2.Response:
        """Ask as the edge does, with a bearer token or other headers (underscores stand for hyphens)."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return await self.http.get(f"/auth/verify{query}", headers=sent)

    async def get(self, path: str, token: str) -> httpx2.Response:
        """Ask an endpoint as the bearer of `token`."""
        return await self.http.get(path, headers=bearer(token))

    async def delete(self, path: str, token: str) -> httpx2.Response:
        """Delete as the bearer of `token`."""
        return await self.http.delete(path, headers=bearer(token))

    async def post(self, path: str, token: str, **more: Any) -> httpx2.Response:
        """Call an endpoint as the bearer of `token`."""
        return await self.http.post(path, headers=bearer(token), **more)


def bearer(token: str) -> dict[str, str]:
    """Return the header for `token`."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def clock() -> Clock:
    """An hour behind, so that what is issued within the next hour of it is not from the future."""
    return Clock(time.time() - 3600)


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    """A directory with a ring of signing keys."""
    directory = tmp_path / "keys"
    init_ring(directory)
    return directory


@pytest.fixture
def member() -> FakeMember:
    """Member, with one account."""
    fake = FakeMember()
    fake.add("ada@example.com")
    return fake


@pytest.fixture
def settings(clean_valkey, ring) -> AuthSettings:
    """Settings for the tests' Valkey and ring. Tokens last two hours, since the clock is an hour behind."""
    return AuthSettings(
        _env_file=None,
        port=0,
        redis_url=clean_valkey.url("auth", 1),
        member_url="http://member.test",
        key_ring_dir=ring,
        token_issuer=ISSUER,
        token_audience=AUDIENCE,
        service_token_key=SERVICE_KEY,
        access_token_seconds=7200,
    )


@pytest.fixture
async def make_auth(settings, member, clock) -> AsyncIterator[Callable[..., Auth]]:
    """Return a maker of running services that share store, ring and clock; settings may differ."""
    async with AsyncExitStack() as stack:

        def make(**changes: Any) -> Auth:
            auth = Auth(
                AuthSettings(_env_file=None, **settings.model_dump() | changes),
                now=clock,
                member_transport=httpx2.MockTransport(member),
                registry=CollectorRegistry(),
            )
            stack.push_async_callback(auth.close)
            return auth

        yield make


@pytest.fixture
def auth(make_auth) -> Auth:
    """The service."""
    return make_auth()


@pytest.fixture
async def client_of() -> AsyncIterator[Callable[..., Client]]:
    """Return a maker of clients of a service, each at an address of its own."""
    async with AsyncExitStack() as stack:

        def make(auth: Auth, address: str = ADDRESS) -> Client:
            transport = httpx2.ASGITransport(app=auth.asgi, client=(address, 40000))
            http = httpx2.AsyncClient(transport=transport, base_url="http://auth.test")
            stack.push_async_callback(http.aclose)
            return Client(http)

        yield make


@pytest.fixture
def client(auth, client_of) -> Client:
    """A client."""
    return client_of(auth)


@pytest.fixture
async def store(clean_valkey) -> AsyncIterator[redis.asyncio.Redis]:
    """The store, with every right: to look inside and to spoil it."""
    async with redis.asyncio.Redis.from_url(clean_valkey.url("admin", 1), decode_responses=True) as client:
        yield client


@pytest.fixture
def service_token() -> dict[str, str]:
    """The header with which member calls auth."""
    return bearer(ServiceTokenIssuer("member", SERVICE_KEY).token_for("auth"))


@pytest.fixture
def logs():
    """What is logged, as a list of dicts."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
def unique_email() -> str:
    """An address that no one has."""
    return f"{secrets.token_hex(6)}@example.com"
