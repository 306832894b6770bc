"""Passkeys: each challenge once, for one client; log-in without a password; changes after a recent log-in only."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import httpx2
import jwt
import pytest

from platform_auth.passkeys.challenges import KEY_PREFIX
from platform_auth.rate_limiting import parse_rate_limit
from platform_testing.authenticator import Authenticator, encode

LOGIN, OWN = "/auth/login/passkey", "/auth/mfa/passkeys"
OPTIONS = f"{LOGIN}/options"
PASSKEY = "0198f000-0000-7000-8000-000000000001"


def problem(code: str, status: int) -> httpx2.Response:
    """Return a problem as member would."""
    return httpx2.Response(status, json={"code": code}, headers={"Content-Type": "application/problem+json"})


def verified(account: dict[str, Any]) -> dict[str, Any]:
    """Return what member says of the account of a passkey."""
    return {"member": account["member"], "session_epoch": account["epoch"]}


class FakePasskeys:
    """Member's end: it accepts any credential whose id was registered, whatever it has signed."""

    def __init__(self, member: Any) -> None:
        self.member = member
        self.credentials: set[str] = set()
        self.device_bound = True
        self.challenges: list[str] = []

    def __call__(self, request: httpx2.Request, body: dict[str, Any]) -> httpx2.Response:
        account = self.member.accounts["ada@example.com"]
        self.challenges.append(body.get("challenge", ""))
        match request.method, request.url.path.rpartition("/")[2]:
            case "POST", "options" | "passkey-options":
                user = {"id": encode(uuid.uuid4().bytes)}
                options = {"challenge": body["challenge"], "rpId": "members.test", "rp": {"id": "members.test"}}
                return httpx2.Response(200, json={"public_key": options | {"user": user}})
            case "POST", "verify":
                if body["credential"]["rawId"] not in self.credentials:
                    return problem("passkey-invalid", 422)
                return httpx2.Response(200, json=verified(account) | {"device_bound": self.device_bound})
            case "POST", "passkeys":
                self.credentials.add(body["credential"]["rawId"])
                return httpx2.Response(201, json=self._view(body["name"]))
            case "GET", "passkeys":
                return httpx2.Response(200, json={"items": [self._view("Phone")]})
            case "PUT", _:
                return httpx2.Response(200, json=self._view(body["name"]))
        assert request.method == "DELETE"
        if not request.url.path.endswith(PASSKEY):
            return problem("passkey-not-found", 404)
        account["epoch"] += 1
        return httpx2.Response(200, json=verified(account))

    def _view(self, name: str) -> dict[str, Any]:
        return {"id": PASSKEY, "name": name, "backed_up": False, "created_at": "2026-01-01T00:00:00Z"} | {
            "last_used_at": None
        }


@pytest.fixture(autouse=True)
def passkeys(member) -> FakePasskeys:
    """Member's end of passkeys."""
    member.respond_about_passkeys = FakePasskeys(member)
    return member.respond_about_passkeys


@pytest.fixture
def authenticator() -> Authenticator:
    """Ada's authenticator."""
    return Authenticator("https://members.test")


def outcome(response):
    return response.status_code, response.json().get("code")


async def register(client, authenticator, token=None):
    token = token or (await client.tokens())["access_token"]
    options = (await client.post("/auth/mfa/passkey-options", token)).json()["public_key"]
    body = {"name": "Phone", "credential": authenticator.create(options)}
    return await client.post(OWN, token, json=body)


async def signed(client, authenticator, **wrong):
    options = (await client.http.post(OPTIONS)).json()["public_key"]
    return {"credential": authenticator.get(options, **wrong)}


async def log_in(client, authenticator):
    return await client.http.post(LOGIN, json=await signed(client, authenticator))


@pytest.mark.parametrize(("device_bound", "key"), [(True, "hwk"), (False, "swk")])
async def test_a_passkey_opens_a_session_that_says_how(client, authenticator, passkeys, clock, device_bound, key):
    await register(client, authenticator)
    passkeys.device_bound = device_bound

    response = await log_in(client, authenticator)

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json()["member"]["email"] == "ada@example.com"
    claims = jwt.decode(response.json()["access_token"], options={"verify_signature": False})
    assert (claims["amr"], claims["acr"], claims["auth_time"]) == ([key, "user", "mfa"], "aal2", int(clock()))
    assert (await client.verify(response.json()["access_token"])).status_code == 200


async def test_member_gets_the_challenge_that_was_issued(client, authenticator, passkeys):
    await register(client, authenticator)
    await log_in(client, authenticator)

    first, second, third, fourth = passkeys.challenges
    assert (first, third) == (second, fourth)
    assert len({first, third}) == 2


async def test_a_challenge_is_good_once_even_at_once(client, authenticator, store):
    await register(client, authenticator)
    body = await signed(client, authenticator)

    answers = await asyncio.gather(*(client.http.post(LOGIN, json=body) for _ in range(4)))

    assert sorted(response.status_code for response in answers) == [200, 401, 401, 401]
    assert not await store.keys(f"{KEY_PREFIX}*")


async def test_a_challenge_expires_and_is_not_in_the_store(client, authenticator, store):
    await register(client, authenticator)
    options = (await client.http.post(OPTIONS)).json()["public_key"]
    [key] = await store.keys(f"{KEY_PREFIX}*")

    assert 290 < await store.ttl(key) <= 300
    assert options["challenge"] not in key + await store.get(key)
    await store.pexpireat(key, 1)
    body = {"credential": authenticator.get(options)}
    assert outcome(await client.http.post(LOGIN, json=body)) == (401, "passkey-invalid")


async def test_another_client_cannot_use_a_challenge(auth, client, client_of, authenticator):
    await register(client, authenticator)
    body = await signed(client, authenticator)

    assert outcome(await client_of(auth, "198.51.100.1").http.post(LOGIN, json=body)) == (401, "passkey-invalid")


async def test_a_challenge_for_one_purpose_serves_no_other(client, authenticator):
    token = (await client.tokens())["access_token"]
    await register(client, authenticator, token)
    to_register = (await client.post("/auth/mfa/passkey-options", token)).json()["public_key"]
    to_log_in = (await client.http.post(OPTIONS)).json()["public_key"]

    logged_in = await client.http.post(LOGIN, json={"credential": authenticator.get(to_register)})
    to_log_in["user"] = {"id": encode(b"x")}
    added = await client.post(OWN, token, json={"name": "Phone", "credential": authenticator.create(to_log_in)})

    assert outcome(logged_in) == (401, "passkey-invalid")
    assert outcome(added) == (422, "passkey-invalid")


async def test_another_session_cannot_use_a_registrations_challenge(client, authenticator):
    mine, other = await client.tokens(), await client.tokens()
    options = (await client.post("/auth/mfa/passkey-options", mine["access_token"])).json()["public_key"]
    body = {"name": "Phone", "credential": authenticator.create(options)}

    assert outcome(await client.post(OWN, other["access_token"], json=body)) == (422, "passkey-invalid")


async def test_an_unknown_passkey_is_refused_and_counted_like_a_wrong_password(client, authenticator, logs):
    await register(client, authenticator)
    authenticator.create({"rp": {"id": "members.test"}, "user": {"id": "AA"}, "challenge": "AA"})

    for _ in range(10):
        response = await log_in(client, authenticator)
        assert outcome(response) == (401, "passkey-invalid")
        assert response.headers["WWW-Authenticate"] == "Bearer"

    response = await log_in(client, authenticator)
    assert outcome(response) == (429, "too-many-attempts")
    assert int(response.headers["Retry-After"]) > 0
    assert [entry["event"] for entry in logs if entry["event"].startswith("login_f")] == ["login_failed"] * 10


async def test_log_ins_with_a_passkey_are_no_failures(client, authenticator):
    await register(client, authenticator)

    for _ in range(12):
        assert (await log_in(client, authenticator)).status_code == 200


async def test_while_member_is_unavailable_nothing_is_counted(client, authenticator, member):
    await register(client, authenticator)
    bodies = [await signed(client, authenticator) for _ in range(12)]
    member.away = True
    for body in bodies:
        assert outcome(await client.http.post(LOGIN, json=body)) == (503, "member-unavailable")
    member.away = False

    assert (await log_in(client, authenticator)).status_code == 200


async def test_challenges_of_one_address_are_limited(make_auth, client_of):
    client = client_of(make_auth(rate_limit_passkey_challenges_per_address=parse_rate_limit("3/minute")))

    answers = [await client.http.post(OPTIONS) for _ in range(4)]

    assert [response.status_code for response in answers] == [200, 200, 200, 429]


async def test_where_passkeys_are_off_it_says_so(client, member):
    member.respond_about_passkeys = lambda *_: problem("passkeys-disabled", 404)

    assert outcome(await client.http.post(OPTIONS)) == (404, "passkeys-disabled")


async def test_a_member_lists_and_renames_its_passkeys(client):
    token = (await client.tokens())["access_token"]

    listed = await client.get(OWN, token)
    renamed = await client.http.put(
        f"{OWN}/{PASSKEY}", json={"name": "Old phone"}, headers={"Authorization": f"Bearer {token}"}
    )

    assert [one["name"] for one in listed.json()["items"]] == ["Phone"]
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Old phone")


async def test_removing_a_passkey_ends_every_other_session(client):
    mine, other = await client.tokens(), await client.tokens()

    response = await client.delete(f"{OWN}/{PASSKEY}", mine["access_token"])

    assert response.status_code == 204
    assert [(await client.verify(one["access_token"])).status_code for one in (mine, other)] == [200, 401]


@pytest.mark.parametrize(("passkey", "expected"), [(uuid.UUID(int=5), 404), ("..%2Ffactors", 404), ("x", 422)])
async def test_a_passkey_that_is_none_is_not_removed(client, passkey, expected):
    token = (await client.tokens())["access_token"]

    assert (await client.delete(f"{OWN}/{passkey}", token)).status_code == expected


async def test_changes_require_a_recent_log_in(client, authenticator, clock):
    token = (await client.tokens())["access_token"]
    options = (await client.post("/auth/mfa/passkey-options", token)).json()["public_key"]
    body = {"name": "Phone", "credential": authenticator.create(options)}
    clock.advance(901)

    answers = [
        await client.post("/auth/mfa/passkey-options", token),
        await client.post(OWN, token, json=body),
        await client.http.put(f"{OWN}/{PASSKEY}", json={"name": "Phone"}, headers={"Authorization": f"Bearer {token}"}),
        await client.delete(f"{OWN}/{PASSKEY}", token),
    ]

    assert {outcome(response) for response in answers} == {(401, "reauthentication-required")}


@pytest.mark.parametrize(
    "client_data", [encode(b"null"), encode(b"{}"), encode(b'{"challenge":5}'), encode(b"\xff"), encode(b"[" * 1500)]
)
async def test_client_data_without_a_challenge_is_refused_and_nothing_is_counted(
    client, authenticator, store, client_data
):
    await register(client, authenticator)
    await store.flushdb()
    body = await signed(client, authenticator)
    body["credential"]["response"]["clientDataJSON"] = client_data

    assert outcome(await client.http.post(LOGIN, json=body)) == (401, "passkey-invalid")
    assert [key for key in await store.keys("auth:limit:*") if "login" in key] == []


@pytest.mark.parametrize("body", [{}, {"credential": None}, {"credential": []}, {"credential": {}}])
async def test_what_is_no_credential_is_named(client, body):
    response = await client.http.post(LOGIN, content=json.dumps(body), headers={"Content-Type": "application/json"})

    assert outcome(response) == (422, "payload-invalid")
