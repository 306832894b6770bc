"""A killed component recovers by itself: no acknowledged write is lost, and no ended session becomes valid again."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from blackbox.client import Client, Session, new_account, new_key
from blackbox.house_rules import assert_problem
from blackbox.own_platform import COMPONENTS, OwnPlatform
from blackbox.shopping import ADDRESS, ORDERS, order_of, put_in, variant_of
from blackbox.waiting import eventually

pytestmark = pytest.mark.chaos

# What a client may receive while a component is down; the edge itself may also refuse or close the connection.
AWAY = {502, 503, 504}


def status_of(client: Client) -> int:
    """Ask who the client is, and return 0 when there was no response."""
    try:
        return client.me().status_code
    except httpx2.TransportError:
        return 0


@pytest.fixture(autouse=True)
def whole_again(own_platform: OwnPlatform):
    yield
    own_platform.wait_whole()


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_killed_component_comes_back_and_nothing_is_lost(
    own_platform: OwnPlatform, member: Session, client: Client, component: str
):
    ended, kept = client.log_in(member.account), member.with_token(member.token)
    key, edit = new_key(), {"display_name": f"Before {component} died"}
    newcomer = client.register(new_account())
    ended.log_out()
    first = member.patch(member.path, edit, key=key)
    assert first.status_code == 200

    old_pid = own_platform.kill(component)

    seen_of_ended: list[int] = []

    def back() -> bool:
        seen_of_ended.append(status_of(ended))
        status = status_of(kept)
        assert status in {200, 0, *AWAY}, "a component that is away is no reason to refuse the member"
        return status == 200 and seen_of_ended[-1] == 401

    eventually(back, f"members are served again after {component} died", within=40)
    own_platform.wait_restarted(component, old_pid)

    assert set(seen_of_ended) <= {401, 0, *AWAY}, "an ended session came alive"
    assert kept.me().json()["display_name"] == edit["display_name"]
    repeat = member.with_token(member.token).patch(member.path, edit, key=key)
    assert repeat.content == first.content
    assert repeat.headers["idempotent-replayed"] == "true"
    session = client.with_token(None).log_in(newcomer)
    assert session.patch(session.path, {"display_name": "After"}, key=new_key()).status_code == 200
    session.log_out()
    assert session.me().status_code == 401


def test_a_log_out_survives_the_session_stores_death(own_platform: OwnPlatform, member: Session, client: Client):
    """The store is killed as soon as the 204 is there: what was acknowledged has been written."""
    for _ in range(3):
        session = client.with_token(None).log_in(member.account)
        pid = int(own_platform.component("valkey")["pid"])
        session.log_out()
        own_platform.kill("valkey")
        own_platform.wait_restarted("valkey", pid)

        eventually(lambda: status_of(member) == 200, "members are served again")
        assert session.me().status_code == 401
        assert session.refresh().status_code == 401


def test_an_outage_of_the_store_lets_nobody_in(own_platform: OwnPlatform, member: Session):
    """While sessions cannot be looked up, the check fails closed, and says so in bounded time."""
    with own_platform.paused("valkey"):
        response = member.me()
        assert response.status_code in AWAY
        assert member.with_token("x").me().status_code in {401, *AWAY}

    eventually(lambda: status_of(member) == 200, "members are served again")


def test_an_outage_of_the_database_is_reported(own_platform: OwnPlatform, member: Session):
    with own_platform.paused("postgres"):
        response = member.me()
        assert response.status_code in AWAY

    eventually(lambda: status_of(member) == 200, "members are served again")


def test_a_suspension_holds_while_the_session_service_is_down(
    own_platform: OwnPlatform, admin: Session, member: Session, client: Client
):
    """Nothing passes the edge without the check; once it is back, the suspended member is out."""
    pid = own_platform.kill("auth")
    own_platform.wait_restarted("auth", pid)
    admin_again = eventually(lambda: status_of(admin) == 200, "the administrator is served again")
    assert admin_again

    assert admin.patch(member.path, {"status": "suspended"}).status_code in {200, 202}

    eventually(lambda: status_of(member) == 401, "the suspended member's session is ended")
    assert client.post("/auth/login", member.account.credentials).status_code == 401


def test_the_gateways_worker_may_die(own_platform: OwnPlatform, member: Session):
    for component in ("gateway", "edge"):
        own_platform.kill_worker(component)
        eventually(lambda: status_of(member) == 200, f"members are served after a worker of {component} died")


def test_no_log_holds_a_secret(own_platform: OwnPlatform, member: Session, client: Client):
    """Last of all: whatever happened until now, no log line contains a password, a token or a key."""
    client.post("/auth/login", {**member.account.credentials, "password": "a-wrong-pass-phrase"})
    key = new_key()
    member.patch(member.path, {"display_name": "Logged"}, key=key)
    secrets = {
        "the password": member.account.password,
        "a wrong password": "a-wrong-pass-phrase",
        "the access token": member.access_token.split(".")[2],
        "the refresh token": member.refresh_token,
        "the idempotency key": key,
    } | {f"secret {number}": secret for number, secret in enumerate(own_platform.secrets())}

    for name, text in own_platform.logs():
        assert not [what for what, secret in secrets.items() if secret in text], name


def failures_of_a_search(own_platform: OwnPlatform, admin: Session, text: str) -> None:
    """Search with the gateway unable to reach the service, and with the edge unable to check the session."""
    search: dict[str, Any] = {
        "params": {"q": f"{text}@example.com"},
        "headers": {"Referer": f"{own_platform.base_url}/admin?q={text}"},
    }
    pid = own_platform.kill("member")
    eventually(lambda: admin.get("/api/members", **search).status_code == 502, "a search fails while member is gone")
    own_platform.wait_restarted("member", pid)
    with own_platform.paused("auth"):
        assert_problem(admin.get("/api/members", **search), 503, "authentication-unavailable")

    def reasons_are_logged() -> bool:
        logs = dict(own_platform.logs())
        return " [error] " in logs["gateway.error.log"] and "upstream timed out" in logs["edge.error.log"]

    eventually(reasons_are_logged, "the error logs say why")


def test_no_log_contains_personal_data(own_platform: OwnPlatform, admin: Session, client: Client):
    """Canaries in every field that holds personal data, sent in requests that succeed and in requests that fail."""
    tag = secrets.token_hex(6)
    account = replace(new_account(f"canary{tag}"), display_name=f"Canary{tag} Name")
    address = ADDRESS | {
        "recipient": f"Canary{tag} Recipient",
        "line1": f"Canary{tag} street 1",
        "city": f"Canary{tag}",
    }
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda _: client.post("/auth/register", account.registration).status_code, range(8)))
    assert sorted(responses) == [201] + [409] * 7
    taken = client.register(new_account(f"canary{tag}"))
    session = client.log_in(account)
    assert_problem(session.patch(session.path, {"email": taken.email}), 409, "email-taken")
    client.post("/auth/login", {"email": f"unknown.canary{tag}@example.com", "password": "a-wrong-pass-phrase"})
    assert_problem(client.post("/auth/register", {**account.registration, "email": f"canary{tag}@"}), 422)
    assert admin.get("/api/members", params={"q": f"canary{tag}"}).json()["items"]
    assert put_in(session, variant_of(session, "celadon-mug")).status_code == 200
    assert session.post(ORDERS, order_of(session, address=address), key=new_key()).status_code == 201
    assert_problem(session.post(ORDERS, order_of(session, address=address), key=new_key()), 409)

    failures_of_a_search(own_platform, admin, f"canary{tag}")

    for name, text in own_platform.logs():
        assert f"canary{tag}" not in text.lower(), name
    assert {"postgres.log", "edge.access.log", "edge.error.log", "member.log"} <= {
        name for name, _ in own_platform.logs()
    }
