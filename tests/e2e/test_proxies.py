"""The edge distinguishes visitors behind a trusted proxy; no other client can set a visitor's address."""

from __future__ import annotations

import pytest

from blackbox.client import Account, Client
from blackbox.own_platform import OwnPlatform

PROXY = "127.99.0.1"
# More wrong guesses than one address may make for one account.
MANY = 60


@pytest.fixture
def proxy(own_platform: OwnPlatform):
    """A client of the trusted proxy's address."""
    client = Client(own_platform.base_url, PROXY)
    yield client
    client.close()


def guess(client: Client, email: str, visitor: str) -> int:
    body = {"email": email, "password": "not the password"}
    return client.post("/auth/login", body, headers={"X-Forwarded-For": visitor}).status_code


def test_one_visitors_guesses_do_not_lock_out_another_behind_the_same_proxy(proxy: Client, account: Account):
    statuses = [guess(proxy, account.email, "203.0.113.66") for _ in range(MANY)]
    assert 429 in statuses
    response = proxy.post("/auth/login", account.credentials, headers={"X-Forwarded-For": "198.51.100.7"})
    assert response.status_code == 200
    sessions = proxy.with_token(response.json()["access_token"]).get("/auth/sessions").json()["items"]
    assert "198.51.100" in str(sessions[0])
