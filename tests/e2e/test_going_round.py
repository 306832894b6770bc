"""Bypass, by going round: who reaches a service past the edge still needs a token that the service itself checks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest

from blackbox.client import Client, Session
from blackbox.own_platform import OwnPlatform
from blackbox.raw_http import connection


def addressed(own_platform: OwnPlatform, component: str) -> str:
    return f"http://{own_platform.component(component)['address']}"


@pytest.fixture
def directly(own_platform: OwnPlatform) -> Iterator[Callable[..., Client]]:
    """Make a client that speaks to a component past the edge."""
    with ExitStack() as stack:

        def make(component: str, token: str | None = None) -> Client:
            return stack.enter_context(closing(Client(addressed(own_platform, component), None, token)))

        yield make


@pytest.mark.parametrize("component", ["member", "gateway"])
def test_a_service_believes_no_identity_header(directly: Callable[..., Client], admin: Session, component: str):
    direct = directly(component)
    headers = {"X-Auth-Subject": admin.member["id"], "X-Auth-Roles": "admin", "X-Auth-Session": "x"}

    for path in ("/api/members/me", "/api/members", f"/api/members/{admin.member['id']}"):
        assert direct.get(path, headers=headers).status_code == 401


def test_shop_believes_no_identity_header(directly: Callable[..., Client], admin: Session):
    direct = directly("shop")
    headers = {"X-Auth-Subject": admin.member["id"], "X-Auth-Roles": "admin", "X-Auth-Session": "x"}

    for path in ("/api/shop/orders", "/api/shop/orders?scope=all"):
        assert direct.get(path, headers=headers).status_code == 401
    assert direct.get("/api/shop/cart", headers=headers).json()["owner"] == "anonymous"


def test_internal_endpoints_take_service_tokens_only(directly: Callable[..., Client], admin: Session):
    for component, method, path in (
        ("member", "POST", "/internal/credentials/verify"),
        ("member", "POST", "/internal/members"),
        ("member", "GET", f"/internal/members/{admin.member['id']}"),
        ("auth", "DELETE", f"/internal/members/{admin.member['id']}/sessions?epoch=9"),
        ("shop", "POST", f"/internal/members/{admin.member['id']}/erasure"),
    ):
        body = {"email": "a@example.com", "password": "x" * 12, "display_name": "x"}
        for token in (None, admin.token, "x"):
            response = directly(component, token).request(method, path, json=body)
            assert response.status_code == 401, (component, path, response.text)
    assert admin.me().status_code == 200


def test_the_gateway_has_no_way_to_what_is_on_no_route(directly: Callable[..., Client], admin: Session):
    direct = directly("gateway", admin.token)

    for path in (
        "/internal/members",
        "/auth/verify",
        "/metrics",
        "/livez",
        "/readyz",
        "/auth/email/..%2fverify",
        "/status",
    ):
        for method in ("GET", "POST"):
            assert direct.request(method, path).status_code == 404, path


@pytest.mark.parametrize("component", ["valkey", "valkey-idempotency"])
def test_databases_reject_clients_without_a_password(own_platform: OwnPlatform, component: str):
    responses = exchange_bytes(addressed(own_platform, component), b"PING\r\nCONFIG GET *\r\nKEYS *\r\n")

    assert responses.count(b"-NOAUTH") == 3, responses
    host, _, port = str(own_platform.component("postgres")["address"]).rpartition(":")
    for user in ("postgres", "member_app", "shop_app"):
        for password in ("", user):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(host=host, port=int(port), user=user, password=password, dbname="postgres")


def exchange_bytes(url: str, data: bytes) -> bytes:
    with connection(url) as stream:
        stream.sendall(data)
        stream.settimeout(2)
        received = b""
        while received.count(b"\r\n") < 3:
            received += stream.recv(65536)
        return received
