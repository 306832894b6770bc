"""Routes that have joined: the operator's table beside the platform's own."""

from __future__ import annotations

import json

import pytest

from standalone.nginx.gateway import GatewaySettings, RedisSettings, Upstream, route_file
from standalone.nginx.joined import JoinedTable, load_joined, with_joined
from standalone.nginx.routes import RouteTableError, table_of

ROWS = {
    "storefront": {
        "paths": [{"path": "/", "type": "Prefix"}],
        "methods": ["GET", "POST"],
        "service": "web",
        "auth": "optional",
        "cookies": True,
    }
}


def entry(**changes):
    return {
        "hosts": ["platform.test"],
        "paths": [{"path": "/echo", "type": "Prefix"}],
        "methods": ["GET", "PUT"],
        "auth": "required",
        "upstream": "10.96.0.7:80",
        **changes,
    }


def joined(**entries):
    return JoinedTable.model_validate({"version": 1, "routes": entries})


@pytest.fixture
def settings(tmp_path):
    return GatewaySettings(
        state=tmp_path,
        port=8000,
        status_port=9090,
        services={"web": Upstream(addresses=("10.0.0.1:8080",))},
        redis=RedisSettings(host="10.0.0.9"),
        fingerprint_secret="{vault://env/gateway-fingerprint-secret}",
        idempotency={"ttl": 60},
        default_timeouts={"read_timeout_ms": 1000},
    )


def document(settings, table):
    return with_joined(route_file(settings, table_of(ROWS, {"web"})), settings, table)


def test_without_routes_the_file_is_the_platforms_own(settings):
    assert document(settings, JoinedTable()) == route_file(settings, table_of(ROWS, {"web"}))


def test_a_route_joins_with_its_host_its_service_and_neither_cookies_nor_token(settings):
    found = document(settings, joined(**{"echo/echo": entry()}))
    assert found["services"]["echo/echo"] == {
        "upstreams": ["10.96.0.7:80"],
        "connect_timeout_ms": 2000,
        "send_timeout_ms": 30000,
        "read_timeout_ms": 1000,
    }
    route = next(route for route in found["routes"] if route["name"] == "echo/echo")
    assert (route["hosts"], route["bearer"], route["cookies"]) == (["platform.test"], False, False)


def test_keyed_methods_are_a_route_of_their_own_with_the_plugin_as_asked(settings):
    keyed = {"methods": ["PUT"], "required": True, "ttl": 7, "fail_mode": "open"}
    keyed |= {"scope_cookies": ["basket"], "anonymous": "bypass"}
    found = document(settings, joined(**{"echo/echo": entry(idempotency=keyed)}))
    routes = {route["name"]: route for route in found["routes"]}
    assert routes["echo/echo"]["methods"] == ["GET"]
    (plugin,) = routes["echo/echo.keyed"]["plugins"]
    config = plugin["config"]
    assert (config["ttl"], config["fail_mode"], config["required"]) == (7, "open", True)
    assert (*config["scope_cookies"], config["anonymous"]) == ("basket", "bypass")
    assert config["lock_ttl"] > 1


def test_methods_that_are_left_out_are_closed(settings):
    found = document(settings, joined(**{"echo/echo": entry(closed=["POST", "GET"])}))
    closed = next(route for route in found["routes"] if route["name"] == "echo/echo.closed")
    assert (closed["methods"], closed["closed"]) == (["POST"], True)


@pytest.mark.parametrize(
    "change",
    [
        {"cookies": True},
        {"typo": 1},
        {"paths": [{"path": "/a//b", "type": "Prefix"}]},
        {"hosts": []},
        {"auth": "sometimes"},
    ],
)
def test_a_wrong_table_is_a_sentence(tmp_path, change):
    file = tmp_path / "routes.json"
    file.write_text(json.dumps({"version": 1, "routes": {"echo/echo": entry(**change)}}))
    with pytest.raises(RouteTableError, match=r"is wrong at routes\.echo/echo"):
        load_joined(file)


def test_without_a_file_nobody_has_joined(tmp_path):
    assert load_joined(tmp_path / "routes.json") == JoinedTable()
