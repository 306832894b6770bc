"""The table of joined routes at the gateway: a row that is wrong is skipped, counted and logged, and stops no one."""

import json
import re

import pytest

from platform_standalone.nginx.program import replace


@pytest.fixture
def row(make_route):
    def make(name, path, *routes, **changes):
        given = {"joined": True, "hosts": ["platform.test"], "auth": "public", "service": name, **changes}
        return {
            "name": name,
            "service": {"upstreams": ["127.0.0.1:1"]},
            "routes": list(routes) or [make_route(path, name=name, **given)],
        }

    return make


def table(*rows):
    return json.dumps({"version": 1, "rows": rows})


def skipped(gateway):
    found = re.findall(r'gateway_joined_rows_skipped_total\{reason="(\w+)"\} (\d+)', gateway.running.status("/metrics"))
    return {reason: int(count) for reason, count in found}


def get(gateway, path):
    """Ask for a joined route: nothing listens behind those that are served."""
    return gateway.client.get(path, [("Host", "platform.test")]).status


NO_SKIPS = {"invalid": 0, "conflict": 0, "table": 0}


def test_every_reason_is_counted_from_zero(make_gateway):
    assert skipped(make_gateway()) == NO_SKIPS


BAD_ROWS = ["unknown-field", "plugin", "no-service", "claimed", "python", "nameless", "cookies", "no-host", "no-row"]


@pytest.fixture(params=BAD_ROWS)
def bad_row(request, row):
    """A row with a fault, and the reason under which it is counted."""
    return {
        "unknown-field": (row("a/bad", "/bad", typo=1), "invalid"),
        "plugin": (row("a/bad", "/bad", plugins=[{"name": "probe", "config": {"number": 11}}]), "invalid"),
        "no-service": (row("a/bad", "/bad", service="other"), "invalid"),
        "claimed": (row("a/bad", "/good"), "conflict"),
        "python": ({"name": "a/bad", "invalid": "The row is wrong."}, "invalid"),
        "nameless": ({"service": {}}, "invalid"),
        "cookies": (row("a/bad", "/bad", cookies=True), "invalid"),
        "no-host": (row("a/bad", "/bad", hosts=[]), "invalid"),
        "no-row": ("text", "invalid"),
    }[request.param]


def test_a_bad_row_is_skipped_counted_and_logged_and_the_others_are_served(make_gateway, row, bad_row):
    bad, reason = bad_row
    gateway = make_gateway(joined=table(row("b/good", "/good"), bad))
    assert get(gateway, "/good") == 502
    assert get(gateway, "/bad") == 404
    assert gateway.client.get("/plain").status == 200
    assert skipped(gateway) == {**NO_SKIPS, reason: 1}
    assert gateway.running.error_log.count(f"is skipped ({reason})") == 1


def test_a_row_for_any_host_says_so_and_names_none(make_gateway, row):
    gateway = make_gateway(
        joined=table(row("a/any", "/any", hosts=[]) | {"any_host": True}, row("a/both", "/both") | {"any_host": True})
    )
    for host in ("platform.test", "other.test", "127.0.0.1"):
        assert gateway.client.get("/any", [("Host", host)]).status == 502
        assert gateway.client.get("/both", [("Host", host)]).status == 404
    assert skipped(gateway) == {**NO_SKIPS, "invalid": 1}


def test_a_row_is_served_as_a_whole_or_not_at_all(make_gateway, make_route, row):
    joined = {"joined": True, "hosts": ["platform.test"], "auth": "public", "service": "a/bad"}
    halves = (
        make_route("/half", name="a/bad", methods=["GET"], **joined),
        make_route("/good", name="a/bad:keyed", methods=["GET"], **joined),
    )
    gateway = make_gateway(joined=table(row("b/good", "/good"), row("a/bad", "", *halves)))
    assert get(gateway, "/half") == 404
    assert get(gateway, "/good") == 502


def test_a_path_said_twice_is_no_fault(make_gateway, row):
    twice = row("a/x", "/x")
    twice["routes"][0]["paths"].append({"path": "/x/", "type": "Prefix"})
    gateway = make_gateway(joined=table(twice))
    assert get(gateway, "/x") == 502
    assert skipped(gateway) == NO_SKIPS


@pytest.mark.parametrize("broken", ["{", "[]", '{"version": 2, "rows": []}', '{"version": 1, "invalid": "why"}'])
def test_a_gateway_starts_with_a_table_that_cannot_be_read(make_gateway, broken):
    gateway = make_gateway(joined=broken)
    assert gateway.client.get("/plain").status == 200
    assert skipped(gateway) == {**NO_SKIPS, "table": 1}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_table_keeps_joined_routes_and_stops_no_change_of_the_platforms(
    make_gateway, make_route, row, wait, workers
):
    gateway = make_gateway(joined=table(row("b/good", "/good")), workers=workers)
    replace(gateway.program.folder / "joined.json", "{")
    wait(lambda: skipped(gateway)["table"] == 1, "the refused table")
    gateway.document["routes"].append(make_route("/new"))
    replace(gateway.program.folder / "routes.json", json.dumps(gateway.document))
    wait(lambda: gateway.client.get("/new").status == 200, "the platform's new route")
    assert get(gateway, "/good") == 502


def test_a_bad_file_of_the_platform_stops_no_change_of_joined_routes(make_gateway, row, wait):
    gateway = make_gateway(joined=table())
    replace(gateway.program.folder / "routes.json", "{")
    replace(gateway.program.folder / "joined.json", table(row("b/good", "/good")))
    wait(lambda: get(gateway, "/good") == 502, "the joined route")
    assert gateway.client.get("/plain").status == 200


def test_a_skipped_row_is_counted_once_while_it_stays_the_same(make_gateway, row, wait):
    gateway = make_gateway(joined=table(row("a/bad", "/bad", typo=1)))
    replace(gateway.program.folder / "joined.json", table(row("a/bad", "/bad", typo=1), row("b/good", "/good")))
    wait(lambda: get(gateway, "/good") == 502, "the other row")
    assert skipped(gateway)["invalid"] == 1
    replace(gateway.program.folder / "joined.json", table(row("a/bad", "/bad")))
    wait(lambda: get(gateway, "/bad") == 502, "the repaired row")


def followed(gateway):
    return json.loads(gateway.running.status("/joined"))


@pytest.mark.parametrize("workers", [1, 3])
def test_what_every_worker_follows_is_told_with_its_serials_and_skipped_rows(make_gateway, row, wait, workers):
    def numbered(serial, *rows):
        return json.dumps({"version": 1, "serials": {"0": serial}, "rows": rows})

    gateway = make_gateway(joined=numbered(1_764_510_000_000, row("a/x", "/x")), workers=workers)
    wait(lambda: followed(gateway)["followed"], "all workers")
    assert followed(gateway) == {"followed": True, "serials": {"0": 1_764_510_000_000}, "skipped": {}}
    bad = row("a/x", "/x", typo=1)
    replace(gateway.program.folder / "joined.json", numbered(1_764_510_000_001, bad))
    wait(
        lambda: followed(gateway)["followed"] and followed(gateway)["serials"] == {"0": 1_764_510_000_001},
        "the new table",
    )
    assert "typo" in followed(gateway)["skipped"]["a/x"]
    # once it is reported, no worker knows the former one
    assert {get(gateway, "/x") for _ in range(30)} == {404}
