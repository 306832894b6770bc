"""A service of another team on one machine: it joins, is protected as on Kubernetes, and leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from blackbox.client import Client, Session, new_key
from blackbox.foreign_service import SLOW, ForeignService, foreign_service
from blackbox.own_platform import OwnPlatform


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignService]:
    """A service that has not joined."""
    with foreign_service(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture(scope="module")
def orders(service: ForeignService, own_platform: OwnPlatform) -> Iterator[str]:
    """Paths of joined routes: below this one for members, for everyone, for administrators."""
    idempotency = {"idempotency": {"required": True}}
    own_platform.join(service.manifest("ledger", **idempotency))
    own_platform.join(service.manifest("ledger-public", auth={"mode": "public"}))
    own_platform.join(service.manifest("ledger-admin", auth={"roles": ["admin"]}, forward={"bearerToken": True}))
    yield "/ledger"
    for name in ("ledger", "ledger-public", "ledger-admin"):
        own_platform.leave(name)


FORGED = {"X-Auth-Subject": "forged", "X-Auth-Roles": "admin", "X-Auth-Session": "forged"}


def test_a_required_route_needs_a_session(client: Client, orders: str):
    for headers in ({}, FORGED):
        assert client.get(orders, headers=headers).status_code == 401


def test_the_identity_is_the_edges_and_nothing_else_of_the_platform_arrives(member: Session, orders: str):
    cookies = {"Cookie": "__Host-access=a; __Host-refresh=b; own=1"}
    response = member.get(orders, headers=FORGED | cookies)

    headers = response.json()["headers"]
    assert headers["x-auth-subject"] == member.account.id
    assert headers["x-auth-roles"] == "member"
    assert headers["cookie"] == "own=1"
    assert "authorization" not in headers


def test_the_response_sets_no_cookie_of_the_platform(member: Session, orders: str):
    response = member.get(orders)

    assert response.headers.get_list("Set-Cookie") == ["own=1; Path=/"]
    assert "Clear-Site-Data" not in response.headers


def test_on_a_public_route_no_identity_is_forwarded(client: Client, member: Session, orders: str):
    for response in (client.get(f"{orders}-public", headers=FORGED), member.get(f"{orders}-public")):
        assert response.status_code == 200
        assert not [name for name in response.json()["headers"] if name.startswith("x-auth-")]


def test_roles_and_the_token_are_as_the_manifest_says(member: Session, admin: Session, orders: str):
    assert member.get(f"{orders}-admin").status_code == 403
    response = admin.get(f"{orders}-admin")
    assert response.json()["headers"]["authorization"] == f"Bearer {admin.access_token}"


def test_a_keyed_write_happens_once(member: Session, other: Session, orders: str):
    key = new_key()
    first, repeat, another = (session.post(orders, {"n": 1}, key=key) for session in (member, member, other))

    assert repeat.json() == first.json() != another.json()
    assert repeat.headers["Idempotent-Replayed"] == "true"
    assert member.post(orders, {"n": 1}).json()["code"] == "idempotency-key-missing"
    assert member.post(orders, {"n": 2}, key=key).json()["code"] == "idempotency-key-reused"


def test_another_method_is_not_allowed(member: Session, service: ForeignService, own_platform: OwnPlatform):
    own_platform.join(service.manifest("reading", methods=["GET"]))
    try:
        response = member.post("/reading", {})
        assert (response.status_code, response.headers["Allow"]) == (405, "GET")
    finally:
        own_platform.leave("reading")


def test_a_changed_manifest_counts_at_once(client: Client, service: ForeignService, own_platform: OwnPlatform):
    own_platform.join(service.manifest("changing"))
    assert client.get("/changing").status_code == 401

    own_platform.join(service.manifest("changing", auth={"mode": "public"}))
    assert client.get("/changing").status_code == 200

    own_platform.leave("changing")
    assert client.get("/changing").status_code == 404


def test_no_request_is_lost_while_services_join_and_leave(
    base_url: str, service: ForeignService, own_platform: OwnPlatform, new_client: Callable[[], Client]
):
    own_platform.join(service.manifest("staying", auth={"mode": "public"}))
    finished = Event()

    def keep_asking() -> set[int]:
        statuses = set()
        while not finished.is_set():
            with closing(Client(base_url, None)) as newcomer:
                statuses.add(newcomer.get("/staying").status_code)
        return statuses

    with ThreadPoolExecutor() as pool:
        slow = pool.submit(new_client().get, f"/staying/{SLOW}")
        asking = pool.submit(keep_asking)
        try:
            assert service.slow_request_arrived.wait(30)
            own_platform.join(service.manifest("coming"))
            own_platform.leave("coming")
        finally:
            service.may_answer.set()
            finished.set()
        assert slow.result().status_code == 200
        assert asking.result() == {200}
    own_platform.leave("staying")


def test_a_refused_manifest_changes_nothing(client: Client, service: ForeignService, own_platform: OwnPlatform):
    refusal = "The path /log-in of log-in overlaps /log-in, which the platform reserves"
    with pytest.raises(AssertionError, match=refusal):
        own_platform.join(service.manifest("log-in"))
    assert "log-in" not in [joined["name"] for joined in own_platform.status()["joined"]]
    assert client.get("/log-in").status_code == 200


def test_a_joined_service_is_served_after_a_restart(tmp_path: Path, service: ForeignService):
    own = OwnPlatform(tmp_path / "state")
    own.join(service.manifest("lasting", auth={"mode": "public"}))
    try:
        own.start()
        with closing(Client(own.base_url, None)) as client:
            assert client.get("/lasting").status_code == 200
    finally:
        own.stop()
