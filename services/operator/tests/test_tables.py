"""The standalone gateway's tables: what is written, what its pods are given, and what they report."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from fake_cluster import FakeCluster
from operator_samples import platform
from platform_operator.kube.kinds import CONFIG_MAP
from platform_operator.routes.gateways.reports import GatewayReports, Report
from platform_operator.routes.gateways.server import PATH, serving
from platform_operator.routes.tables import Tables
from platform_routes.model import RouteKey

ECHO, OTHER = RouteKey("echo", "echo"), RouteKey("other", "other")


@pytest.fixture
def cluster():
    return FakeCluster()


@pytest.fixture
def make_tables(cluster):
    moments = iter(range(1, 1000))
    return lambda: Tables(cluster, platform(gateway__tables=2), lambda: next(moments))


async def loaded(make_tables):
    tables = make_tables()
    await tables.load()
    return tables


def entry(path="/echo"):
    return {"hosts": ["platform.test"], "paths": [{"path": path, "type": "Prefix"}]}


async def test_a_change_is_written_once_with_a_serial_that_grows(cluster, make_tables):
    tables = await loaded(make_tables)
    tables.set_entry(ECHO, entry())
    assert not tables.is_written(ECHO)
    assert await tables.write() == ({ECHO}, None)
    assert tables.is_written(ECHO)
    first = tables.documents({})[0]["serial"]
    assert await tables.write() == (set(), None)
    tables.set_entry(ECHO, entry("/other"))
    await tables.write()
    assert tables.documents({})[0]["serial"] > first
    (body,) = cluster.of_kind("ConfigMap")
    assert json.loads(body["data"]["routes.json"]) == tables.documents({})[0]


async def test_what_is_given_out_is_written(cluster, make_tables):
    tables = await loaded(make_tables)
    tables.set_entry(ECHO, entry())
    assert tables.documents({}) == {}
    cluster.refuse = lambda _verb, kind, _name: 500 if kind == CONFIG_MAP else None
    _, failed = await tables.write()
    assert failed is not None
    assert tables.documents({}) == {}
    cluster.refuse = lambda _verb, _kind, _name: None
    await tables.write()
    assert list(tables.documents({})) == [0]
    serial = tables.documents({})[0]["serial"]
    assert tables.documents({0: serial}) == {}


async def test_the_next_operator_goes_on_with_what_is_written(make_tables):
    first = await loaded(make_tables)
    first.set_entry(ECHO, entry())
    await first.write()
    second = await loaded(make_tables)
    assert second.routes() == {ECHO}
    assert second.entry(ECHO) == entry()
    assert second.is_written(ECHO)
    # nothing is known of when it was written: whatever it was, it is not newer than the table
    assert second.written_at(ECHO) == {0: first.documents({})[0]["serial"], 1: 0}
    second.set_entry(ECHO, None)
    await second.write()
    assert second.documents({})[0]["serial"] > first.documents({})[0]["serial"]


async def test_a_table_that_somebody_has_changed_is_written_again(cluster, make_tables):
    tables = await loaded(make_tables)
    tables.set_entry(ECHO, entry())
    await tables.write()
    (body,) = cluster.of_kind("ConfigMap")
    body["data"]["routes.json"] = json.dumps({"version": 1, "serial": 0, "routes": {"thief/x": entry("/auth")}})
    await tables.load()
    assert tables.routes() == {ECHO, RouteKey("thief", "x")}
    await tables.write()
    assert list(json.loads(cluster.of_kind("ConfigMap")[0]["data"]["routes.json"])["routes"]) == ["echo/echo"]


@pytest.fixture
def reports():
    woken = set()
    made: Any = GatewayReports(platform(), woken.update)
    made.woken = woken
    return made


def endpoints(*addresses, name="gateway-1", service="mp-gateway", namespace="members", serving=True):
    metadata = {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": service}}
    conditions = {"ready": serving, "serving": serving, "terminating": True}
    return {"metadata": metadata, "endpoints": [{"addresses": [one], "conditions": conditions} for one in addresses]}


def test_every_pod_that_may_send_requests_on_has_to_follow(reports):
    assert reports.handle_event(endpoints("10.0.0.1", "10.0.0.2"), gone=False) is True
    reports.record("10.0.0.1", Report({0: 7}))
    assert not reports.has_loaded({0: 7}, ECHO)
    reports.record("10.0.0.2", Report({0: 6}))
    assert not reports.has_loaded({0: 7}, ECHO)
    reports.woken.clear()
    reports.record("10.0.0.2", Report({0: 8}))
    assert reports.woken == {ECHO}
    assert reports.has_loaded({0: 7}, ECHO)
    assert not reports.has_loaded({0: 7, 1: 1}, ECHO)


def test_a_pod_that_has_ended_is_not_waited_for(reports):
    reports.handle_event(endpoints("10.0.0.1", "10.0.0.2"), gone=False)
    reports.record("10.0.0.1", Report({0: 7}))
    assert not reports.has_loaded({0: 7}, ECHO)
    reports.woken.clear()
    assert reports.handle_event(endpoints("10.0.0.1"), gone=False) is False
    assert reports.woken == {ECHO}
    assert reports.has_loaded({0: 7}, ECHO)
    assert reports.handle_event(endpoints("10.0.0.1", serving=False), gone=False) is True
    assert reports.addresses == frozenset()


def test_other_services_endpoints_say_nothing(reports):
    assert reports.handle_event(endpoints("10.0.0.1", service="other"), gone=False) is False
    assert reports.handle_event(endpoints("10.0.0.1", namespace="thief"), gone=False) is False
    assert reports.addresses == frozenset()


def test_an_address_that_is_used_again_starts_without_a_report(reports):
    reports.handle_event(endpoints("10.0.0.1"), gone=False)
    reports.record("10.0.0.1", Report({0: 7}))
    reports.handle_event(endpoints(), gone=False)
    reports.handle_event(endpoints("10.0.0.1"), gone=False)
    assert not reports.has_loaded({0: 7}, ECHO)


@pytest.mark.parametrize("row", ["echo/echo", "echo/echo:keyed"])
def test_a_skipped_row_is_its_routes_refusal(reports, row):
    reports.handle_event(endpoints("10.0.0.1"), gone=False)
    reports.record("10.0.0.1", Report({}, {row: "it has no methods"}))
    assert reports.woken == {ECHO}
    assert reports.refusal(ECHO) == "it has no methods"
    assert reports.refusal(OTHER) == ""
    reports.record("10.0.0.1", Report())
    assert reports.refusal(ECHO) == ""


async def test_a_pod_gets_what_is_newer_and_its_report_is_taken(make_tables, reports):
    tables = await loaded(make_tables)
    tables.set_entry(ECHO, entry())
    await tables.write()
    reports.handle_event(endpoints("127.0.0.1"), gone=False)
    async with serving("127.0.0.1", 0, tables, reports) as port, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}{PATH}"
        async with session.post(url, json={}) as response:
            given = await response.json()
        assert list(given["tables"]) == ["0"]
        serial = given["tables"]["0"]["serial"]
        question = {"have": {"0": serial}, "loaded": {"0": serial}, "refused": {"echo/echo": "why"}}
        async with session.post(url, json=question) as response:
            assert await response.json() == {"tables": {}}
        assert reports.has_loaded({0: serial}, ECHO)
        assert reports.refusal(ECHO) == "why"
        for wrong in ("{", "[]", '{"have": 7}', '{"loaded": {"x": 1}}'):
            async with session.post(url, data=wrong) as response:
                assert response.status == 400
        async with session.get(url) as response:
            assert response.status == 405
