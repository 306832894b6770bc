"""State of the cluster: older versions are ignored, and drift is detected."""

from __future__ import annotations

import copy

import pytest

from operator_samples import backend, build_objects, platform, route, route_body
from platform_operator.kube.kinds import ENDPOINT_SLICE, NETWORK_POLICY, PROTECTED_ROUTE, kind_of
from platform_operator.routes.live import Live, ObjectId, contains
from platform_operator.routes.state import State
from platform_operator.routes.status import ACCEPTED, Condition, build_status, new_conditions
from platform_routes.metadata import ROUTE_NAME, ROUTE_NAMESPACE
from platform_routes.model import RouteKey

ECHO = RouteKey("echo", "echo")


def versioned(body, version):
    changed = copy.deepcopy(body)
    changed["metadata"]["resourceVersion"] = str(version)
    return changed


def test_old_news_is_no_news():
    state = State("members")
    assert state.put(PROTECTED_ROUTE, versioned(route_body(), 5))
    assert not state.put(PROTECTED_ROUTE, versioned(route_body(methods=["GET"]), 4))
    assert not state.drop(PROTECTED_ROUTE, versioned(route_body(), 4))
    assert state.routes[ECHO].methods[1] == "HEAD"
    assert state.drop(PROTECTED_ROUTE, versioned(route_body(), 6))
    assert state.routes == {}


def test_a_route_on_its_way_out_is_gone():
    state = State("members")
    state.put(PROTECTED_ROUTE, versioned(route_body(), 5))
    leaving = versioned(route_body(), 6)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z"
    assert state.put(PROTECTED_ROUTE, leaving)
    assert state.routes == {}


def test_a_list_drops_what_is_not_in_it_unless_that_is_younger():
    state = State("members")
    state.put(PROTECTED_ROUTE, versioned(route_body("old"), 5))
    state.put(PROTECTED_ROUTE, versioned(route_body("young"), 50))
    state.replace(PROTECTED_ROUTE, [versioned(route_body("listed"), 7)], 20)
    assert {key.name for key in state.routes} == {"young", "listed"}


def slice_body(name, version, *, ready):
    return {
        "metadata": {
            "name": name,
            "namespace": "echo",
            "resourceVersion": str(version),
            "labels": {"kubernetes.io/service-name": "echo"},
        },
        "endpoints": [{"conditions": {"ready": ready}}],
    }


def test_a_service_has_endpoints_while_one_of_its_slices_has_a_ready_one():
    state = State("members")
    assert not state.has_endpoints(("echo", "echo"))
    assert state.put(ENDPOINT_SLICE, slice_body("a", 1, ready=False)) is False
    assert state.put(ENDPOINT_SLICE, slice_body("b", 2, ready=True))
    assert state.has_endpoints(("echo", "echo"))
    assert state.drop(ENDPOINT_SLICE, slice_body("b", 3, ready=True))
    assert not state.has_endpoints(("echo", "echo"))


@pytest.mark.parametrize(("edge", "gateway"), [("nginx", "kong"), ("traefik", "standalone")])
def test_an_object_as_it_was_asked_for_fulfils_what_is_asked(edge, gateway):
    for body in build_objects(route(), platform(edge, gateway), backend()):
        live = Live.from_body(versioned({**body, "status": {"x": 1}}, 9))
        assert live.matches(body)


def drifted(body):
    """Every way in which one field of an object is another one, or gone."""

    def walk(node, path):
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in items:
            yield (*path, key)
            yield from walk(value, (*path, key))

    for path in walk(body, ()):
        if path[0] in {"apiVersion", "kind"} or path in {
            ("metadata",),
            ("metadata", "name"),
            ("metadata", "namespace"),
        }:
            continue
        changed = copy.deepcopy(body)
        target = changed
        for key in path[:-1]:
            target = target[key]
        del target[path[-1]]
        yield path, changed


@pytest.mark.parametrize(("edge", "gateway"), [("nginx", "kong"), ("traefik", "standalone")])
def test_every_single_field_that_is_missing_is_seen(edge, gateway):
    seen = 0
    given = route(idempotency={"required": True}, rateLimit={"requestsPerSecond": 3})
    for body in build_objects(given, platform(edge, gateway), backend()):
        for path, changed in drifted(body):
            assert not Live.from_body(versioned(changed, 9)).matches(body), (body["kind"], path)
            seen += 1
    assert seen > 60


def test_fields_of_others_do_not_matter_but_more_items_do():
    assert contains({"a": 1, "b": 2}, {"a": 1})
    assert not contains({"a": [1, 2]}, {"a": [1]})
    assert not contains({"a": 1}, {"a": True})


def test_an_object_of_a_route_leads_to_it():
    state = State("members")
    policy = next(body for body in build_objects(route(), platform(), backend()) if body["kind"] == "NetworkPolicy")
    assert state.put(NETWORK_POLICY, versioned(policy, 3))
    assert ObjectId.from_body(policy) in state.live[ECHO]
    assert state.concerned(NETWORK_POLICY, policy) == {ECHO}
    assert state.owner(NETWORK_POLICY, policy) == ECHO
    assert state.drop(kind_of(policy["apiVersion"], policy["kind"]), versioned(policy, 4))
    assert ECHO not in state.live


@pytest.mark.parametrize(
    ("label", "value", "owners"),
    [(ROUTE_NAME, "other", [RouteKey("echo", "other")]), (ROUTE_NAMESPACE, "stranger", [])],
)
def test_an_object_whose_labels_name_another_route_is_no_longer_the_first_ones(label, value, owners):
    state = State("members")
    policy = next(body for body in build_objects(route(), platform(), backend()) if body["kind"] == "NetworkPolicy")
    state.put(NETWORK_POLICY, versioned(policy, 3))
    stolen = versioned(policy, 4)
    stolen["metadata"]["labels"] = {**stolen["metadata"]["labels"], label: value}
    assert state.put(NETWORK_POLICY, stolen)
    assert list(state.live) == owners


def condition(status):
    return Condition(ACCEPTED, status, "Accepted" if status else "Conflict", "words")


def test_the_time_of_a_condition_is_that_of_its_last_change():
    first = build_status(route(), platform(), [condition(True)], {}, "2026-01-01T00:00:00Z")
    again = build_status(route(), platform(), [condition(True)], first, "2026-01-02T00:00:00Z")
    assert again == first
    other = build_status(route(), platform(), [condition(False)], again, "2026-01-03T00:00:00Z")
    assert other["conditions"][0]["lastTransitionTime"] == "2026-01-03T00:00:00Z"
    assert new_conditions(again, again) == []
    assert [item["reason"] for item in new_conditions(again, other)] == ["Conflict"]


def test_the_status_tells_host_paths_and_auth_in_a_line_each():
    given = route(
        paths=[{"path": "/a"}, {"path": "/b", "type": "Exact"}], auth={"mode": "required", "roles": ["x", "y"]}
    )
    status = build_status(given, platform(), [], {}, "now")
    assert (status["host"], status["paths"], status["auth"]) == ("platform.test", "/a =/b", "required (x, y)")
