"""Routes that have joined: the operator's table beside the platform's own."""

from __future__ import annotations

import json

import pytest

from platform_routes.gateway_file import (
    ExternalRoute,
    ExternalTable,
    RedisSettings,
    Upstream,
    external_file,
    load_external_table,
    local_file,
)
from platform_routes.table import RouteTableError
from platform_standalone.nginx.gateway import GatewaySettings


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
    return ExternalTable.model_validate({"version": 1, "routes": entries})


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


def rows(settings, table):
    return {row["name"]: row for row in json.loads(external_file(settings, {0: table}))["rows"]}


def test_without_routes_the_table_is_empty(settings):
    assert json.loads(external_file(settings, {})) == {"version": 1, "serials": {}, "rows": []}


def test_of_a_route_in_two_tables_the_newer_entry_counts_and_the_serials_are_reported(settings):
    old = ExternalTable(serial=7, routes={"a/x": entry(upstream="10.0.0.1:80"), "a/y": entry()})
    new = ExternalTable(serial=9, routes={"a/x": entry(upstream="10.0.0.2:80")})
    for tables in ({0: old, 1: new}, {0: new, 1: old}):
        document = json.loads(external_file(settings, tables))
        assert document["serials"] == {str(number): table.serial for number, table in tables.items()}
        upstreams = {row["name"]: row["service"]["upstreams"] for row in document["rows"]}
        assert upstreams["a/x"] == ["10.0.0.2:80"]
        assert "a/y" in upstreams


def test_a_route_joins_with_its_host_its_service_and_neither_cookies_nor_token(settings):
    row = rows(settings, joined(**{"echo/echo": entry(roles=["staff"])}))["echo/echo"]
    assert row["service"] == {
        "upstreams": ["10.96.0.7:80"],
        "connect_timeout_ms": 2000,
        "send_timeout_ms": 30000,
        "read_timeout_ms": 1000,
    }
    (route,) = row["routes"]
    assert (route["hosts"], route["bearer"], route["cookies"]) == (["platform.test"], False, False)
    assert (route["auth"], route["roles"], route["joined"]) == ("required", ["staff"], True)


def test_keyed_methods_are_a_route_of_their_own_with_the_plugin_as_asked(settings):
    keyed = {"methods": ["PUT"], "required": True, "ttl": "7s", "failMode": "open"}
    keyed |= {"scopeCookies": ["basket"], "anonymous": "bypass"}
    row = rows(settings, joined(**{"echo/echo": entry(idempotency=keyed)}))["echo/echo"]
    routes = {route["name"]: route for route in row["routes"]}
    assert routes["echo/echo"]["methods"] == ["GET"]
    (plugin,) = routes["echo/echo:keyed"]["plugins"]
    config = plugin["config"]
    assert (config["ttl"], config["fail_mode"], config["required"]) == (7, "open", True)
    assert (*config["scope_cookies"], config["anonymous"]) == ("basket", "bypass")
    assert config["lock_ttl"] > 1


@pytest.mark.parametrize(
    "change",
    [
        {"cookies": True},
        {"typo": 1},
        {"paths": [{"path": "/a//b", "type": "Prefix"}]},
        {"hosts": []},
        {"auth": "sometimes"},
        {"roles": ["a b"]},
    ],
)
def test_a_wrong_row_carries_its_reason_and_stops_no_other(settings, change):
    found = rows(settings, joined(**{"a/wrong": entry(**change), "b/good": entry()}))
    assert found["a/wrong"]["invalid"].startswith("The row is wrong at ")
    assert "routes" not in found["a/wrong"]
    assert found["b/good"]["routes"]


def test_a_row_that_is_no_object_carries_its_reason(settings):
    assert "invalid" in rows(settings, joined(**{"a/wrong": "text"}))["a/wrong"]


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2}', '{"version": 1, "routes": []}'])
def test_a_table_that_cannot_be_read_is_a_sentence(tmp_path, text):
    file = tmp_path / "routes.json"
    file.write_text(text)
    with pytest.raises(RouteTableError, match="is wrong"):
        load_external_table(file)


def test_on_one_machine_a_row_has_any_host_and_is_otherwise_the_same(settings):
    given = {name: value for name, value in entry().items() if name != "hosts"}
    [local] = json.loads(local_file(settings, 5, {"echo": ExternalRoute.model_validate(given)}))["rows"]
    pod = rows(settings, joined(echo=entry()))["echo"]

    assert local.pop("any_host")
    assert [route.pop("hosts") for route in local["routes"]] == [[]]
    assert [route.pop("hosts") for route in pod["routes"]] == [["platform.test"]]
    assert local == pod


def test_a_table_of_the_operator_has_a_host_in_every_row(settings):
    assert "invalid" in rows(settings, joined(**{"a/wrong": entry(hosts=[])}))["a/wrong"]
