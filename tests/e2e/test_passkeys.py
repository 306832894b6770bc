"""Passkeys through edge and gateway, with an authenticator in software."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import httpx2
import jwt
import pytest

from blackbox.client import Client, Session
from blackbox.house_rules import assert_problem
from platform_testing.authenticator import Authenticator

OWN, LOGIN = "/auth/mfa/passkeys", "/auth/login/passkey"


@pytest.fixture
def authenticator(client: Client) -> Authenticator:
    """A member's authenticator, whose browser shows the platform under its domain name; skips where it has none."""
    host = httpx2.URL(client.base_url).host
    name = "localhost" if host == "127.0.0.1" else host
    if _is_address(name):
        assert_problem(client.post(f"{LOGIN}/options"), 404, "passkeys-disabled")
        pytest.skip("the platform has an IP address for a name, and passkeys require a domain name")
    assert log_in_options(client)["rpId"] == name
    return Authenticator(client.base_url.replace(host, name, 1))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def log_in_options(client: Client) -> dict[str, Any]:
    response = client.post(f"{LOGIN}/options")
    assert response.status_code == 200, response.text
    options: dict[str, Any] = response.json()["public_key"]
    return options


def add(member: Session, authenticator: Authenticator, name: str = "Phone") -> dict[str, Any]:
    started = member.post("/auth/mfa/passkey-options")
    assert started.status_code == 200, started.text
    credential = authenticator.create(started.json()["public_key"])
    added = member.post(OWN, {"name": name, "credential": credential})
    assert added.status_code == 201, added.text
    passkey: dict[str, Any] = added.json()
    return passkey


def test_a_passkey_logs_in_without_a_password(client: Client, member: Session, authenticator: Authenticator):
    add(member, authenticator)

    opened = client.post(LOGIN, {"credential": authenticator.get(log_in_options(client))})

    assert opened.status_code == 200, opened.text
    claims = jwt.decode(opened.json()["access_token"], options={"verify_signature": False})
    assert (claims["amr"], claims["acr"]) == (["hwk", "user", "mfa"], "aal2")
    session = client.with_token(opened.json()["access_token"])
    assert session.get("/api/members/me").json()["email"] == member.account.email
    assert session.get(OWN).json()["items"][0]["last_used_at"] is not None


def test_a_response_is_good_once(client: Client, member: Session, authenticator: Authenticator):
    add(member, authenticator)
    body = {"credential": authenticator.get(log_in_options(client))}
    assert client.post(LOGIN, body).status_code == 200

    assert_problem(client.post(LOGIN, body), 401, "passkey-invalid")


@pytest.mark.parametrize(
    "wrong", [{"origin": "https://evil.test"}, {"rp_id": "evil.test"}, {"verified": False}, {"counter": 1}]
)
def test_one_thing_wrong_opens_no_session(client: Client, member: Session, authenticator: Authenticator, wrong: Any):
    add(member, authenticator)

    response = client.post(LOGIN, {"credential": authenticator.get(log_in_options(client), **wrong)})

    assert_problem(response, 401, "passkey-invalid")


def test_a_passkey_is_renamed_and_removed(client: Client, member: Session, authenticator: Authenticator):
    passkey = add(member, authenticator)
    path = f"{OWN}/{passkey['id']}"

    assert member.put(path, {"name": "Old phone"}).json()["name"] == "Old phone"
    other = client.log_in(member.account)
    assert member.delete(path).status_code == 204

    assert member.get(OWN).json() == {"items": []}
    assert other.get("/auth/sessions").status_code == 401
    response = client.post(LOGIN, {"credential": authenticator.get(log_in_options(client))})
    assert_problem(response, 401, "passkey-invalid")
