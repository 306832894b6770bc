"""No team hurts another: names, quotas, refusals of the edge, and what outlives the operator."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_proxy import ApiProxy
from cluster import CommandFailed, kubectl, until
from operator_api import (
    GRANT,
    GRANTS,
    HOST,
    INGRESSES,
    OTHER,
    PLATFORM,
    POLICIES,
    ROUTES,
    SERVICES,
    TEAM,
    conditions,
    grant,
    leftovers,
    make,
    programmed,
    route,
    service,
    table,
)
from operator_process import COLLIDING, PROGRAM, PYTHON, OperatorProcess, prepared, release_owner

INGRESS_ROUTES = "/apis/traefik.io/v1alpha1/namespaces/{}/ingressroutes"
MIDDLEWARES = "/apis/traefik.io/v1alpha1/namespaces/{}/middlewares"


@pytest.fixture
def platform_config(door):
    assert door
    return prepared(PLATFORM, f"edge.host={HOST}", "edge.ingressClassName=nobodys")


@pytest.fixture
def operator(alone, api, door, platform_config, tmp_path):  # noqa: ARG001 (it has to be there)
    """An operator, a grant, a Service in each team's namespace, and no route; afterwards none again."""
    proxy = ApiProxy(door.address)
    operator = OperatorProcess(tmp_path, platform_config, proxy)
    operator.start()
    api.apply(GRANTS, grant(["/echo", "/other", "/r"]))
    for namespace in (TEAM, OTHER):
        api.apply(SERVICES.format(namespace), service(namespace=namespace))
    yield operator
    for namespace in (TEAM, OTHER):
        for name in api.items(ROUTES.format(namespace)):
            api.delete(f"{ROUTES.format(namespace)}/{name}")
    until("nothing is left", lambda: leftovers(api) == [], within=60, pause=0.1)
    assert operator.stop() == 0, operator.log()[-2000:]
    proxy.close()


def reason(api, name="echo", namespace=TEAM, of="Programmed"):
    return conditions(api, name=name, namespace=namespace).get(of)


def events(api, namespace, name):
    found = api.get(f"/api/v1/namespaces/{namespace}/events")["items"]
    return {event["reason"] for event in found if event["involvedObject"]["name"] == name}


def asked(body):
    """What an object asks for, without what the API server and controllers write."""
    metadata = {key: body["metadata"].get(key) for key in ("labels", "annotations", "uid")}
    return {**metadata, "spec": body.get("spec")}


def test_a_route_whose_names_are_anothers_takes_nothing_over(api, operator):
    operator.stop()
    operator.command = [PYTHON, "-c", COLLIDING]
    operator.start()
    make(api, name="victim", namespace=OTHER, path="/other", auth={"mode": "required", "roles": ["admin"]})
    (before,) = api.get(INGRESSES.format(PLATFORM))["items"]
    api.apply(ROUTES.format(TEAM), route("attacker", path="/echo", auth={"mode": "optional"}))
    until("it is refused", lambda: reason(api, "attacker") == "NameTaken", within=60)
    until("there is an event", lambda: "NameTaken" in events(api, TEAM, "attacker"), within=20)
    (after,) = api.get(INGRESSES.format(PLATFORM))["items"]
    assert asked(after) == asked(before)
    assert list(table(api)) == [f"{OTHER}/victim"]

    api.delete(f"{ROUTES.format(TEAM)}/attacker")
    until("its own policy is gone", lambda: api.items(POLICIES.format(TEAM)) == [], within=30)
    (after,) = api.get(INGRESSES.format(PLATFORM))["items"]
    assert asked(after) == asked(before)
    assert programmed(api, name="victim", namespace=OTHER)
    operator.command = [PROGRAM]


def test_an_object_that_somebody_else_made_stays_as_it_is(api, operator):
    assert operator
    make(api)
    (name,) = api.items(INGRESSES.format(PLATFORM))
    api.delete(f"{ROUTES.format(TEAM)}/echo")
    until("nothing is left", lambda: leftovers(api) == [], within=30)
    backend = {"service": {"name": "theirs", "port": {"number": 80}}}
    metadata = {"name": name, "namespace": PLATFORM}
    foreign: dict[str, Any] = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata}
    foreign["spec"] = {"rules": [{"host": "theirs.test", "http": {"paths": [{"path": "/", "pathType": "Prefix"}]}}]}
    foreign["spec"]["rules"][0]["http"]["paths"][0]["backend"] = backend
    before = api.apply(INGRESSES.format(PLATFORM), foreign)
    api.apply(ROUTES.format(TEAM), route())
    until("it is refused", lambda: reason(api) == "NameTaken", within=60)
    assert asked(api.get(f"{INGRESSES.format(PLATFORM)}/{name}")) == asked(before)
    assert table(api) == {}
    api.delete(f"{INGRESSES.format(PLATFORM)}/{name}")


DENY = [
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": f"{PLATFORM}-deny"},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": ["networking.k8s.io"],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["ingresses"],
                    }
                ]
            },
            "matchConditions": [{"name": "here", "expression": f"request.namespace == '{PLATFORM}'"}],
            "validations": [{"expression": "false", "message": "no Ingress today"}],
        },
    },
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": f"{PLATFORM}-deny"},
        "spec": {"policyName": f"{PLATFORM}-deny", "validationActions": ["Deny"]},
    },
]


@pytest.fixture
def denied():
    """A policy engine that takes none of the edge's objects."""
    text = "\n---\n".join(json.dumps(item) for item in DENY)
    kubectl("apply", "-f", "-", stdin=text)
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "probe"}}
    backend = {"service": {"name": "x", "port": {"number": 80}}}
    rule = {"host": "probe.test", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    ingress["spec"] = {"rules": [rule]}

    def is_in_force():
        try:
            kubectl("create", "--dry-run=server", "-f", "-", namespace=PLATFORM, stdin=json.dumps(ingress))
        except CommandFailed:
            return True
        return False

    until("the policy is in force", is_in_force, within=60)
    yield
    kubectl("delete", "-f", "-", "--ignore-not-found", stdin=text)


def test_what_the_edge_does_not_take_is_not_open_at_the_gateway(api, operator, denied):
    assert operator
    assert denied is None
    api.apply(ROUTES.format(TEAM), route(auth={"mode": "required", "roles": ["admin"]}))
    until("it is refused", lambda: reason(api) == "Refused", within=60)
    assert "no Ingress today" in api.get(f"{ROUTES.format(TEAM)}/echo")["status"]["conditions"][1]["message"]
    assert table(api) == {}
    assert api.items(POLICIES.format(PLATFORM)) == []


def test_an_edges_object_that_is_lost_and_refused_takes_the_gateways_way_along(api, operator, request):
    assert operator
    make(api)
    assert list(table(api)) == [f"{TEAM}/echo"]
    request.getfixturevalue("denied")
    (name,) = api.items(INGRESSES.format(PLATFORM))
    api.delete(f"{INGRESSES.format(PLATFORM)}/{name}")
    until("the gateway has no way", lambda: table(api) == {}, within=60)
    assert reason(api) == "Refused"


def test_a_grant_carries_so_many_routes_and_says_so(api, operator):
    assert operator
    api.apply(GRANTS, grant(["/r"], maxRoutes=2))
    for number in range(3):
        api.apply(ROUTES.format(TEAM), route(f"r{number}", path=f"/r/{number}"))
    until("one is left out", lambda: reason(api, "r2", of="Accepted") == "QuotaExceeded", within=30)
    until("there is an event", lambda: "QuotaExceeded" in events(api, TEAM, "r2"), within=20)
    until("the others are in", lambda: programmed(api, name="r0") and programmed(api, name="r1"), within=60)
    api.delete(f"{ROUTES.format(TEAM)}/r0")
    until("it has the room", lambda: programmed(api, name="r2"), within=60)


def test_the_kinds_refuse_what_no_gateway_could_follow(api):
    for paths in ([{"path": "/r/x"}, {"path": "/r/x/"}], [{"path": "/r/~x"}]):
        body = route("bad")
        body["spec"] = {"paths": paths, "backend": {"service": "echo", "port": 80}}
        response = api.client.post(ROUTES.format(TEAM), json=body)
        assert response.status_code == 422, response.text
    for spec in ({"namespaces": [TEAM], "pathPrefixes": ["/r"]}, {"namespaces": [TEAM], "pathPrefixes": ["/~r"]}):
        body = {**grant(["/r"]), "spec": spec}
        body["metadata"] = {"name": f"{GRANT}-bad"}
        assert api.client.post(GRANTS, json=body).status_code == 422


def test_the_role_edit_of_a_namespace_covers_its_routes():
    binding = ["create", "rolebinding", "editor", "--clusterrole=edit", "--serviceaccount", f"{TEAM}:editor"]
    kubectl(*binding, namespace=TEAM)
    editor = f"--as=system:serviceaccount:{TEAM}:editor"

    def may(verb, what, *options, namespace=TEAM):
        try:
            return kubectl("auth", "can-i", verb, what, editor, *options, namespace=namespace).strip() == "yes"
        except CommandFailed:
            return False

    until("the role is aggregated", lambda: may("create", "protectedroutes.memberplatform.dev"), within=30)
    assert may("get", "protectedroutes.memberplatform.dev")
    assert not may("create", "protectedroutes.memberplatform.dev", namespace=OTHER)
    assert not may("create", "routegrants.memberplatform.dev")
    assert not may("patch", "protectedroutes.memberplatform.dev", "--subresource=status")


def test_another_class_of_edge_leaves_nothing_of_the_one_before(api, operator, platform_config):
    make(api)
    assert len(api.items(INGRESSES.format(PLATFORM))) == 1
    for edge_class, left, made in (("traefik", INGRESSES, INGRESS_ROUTES), ("nginx", INGRESS_ROUTES, INGRESSES)):
        operator.stop()
        operator.configure({**platform_config, "edge": {**platform_config["edge"], "edge_class": edge_class}})
        operator.start()
        until("the new one is there", lambda: api.items(made.format(PLATFORM)), within=60)  # noqa: B023
        until("the old one is gone", lambda: api.items(left.format(PLATFORM)) == [], within=60)  # noqa: B023
        until("it is programmed", lambda: programmed(api), within=60)
    assert api.items(MIDDLEWARES.format(PLATFORM)) == []


def test_without_the_release_everything_that_was_made_for_routes_is_collected(api, operator):
    """As `operator.enabled=false`, a rollback to a revision without it, and `helm uninstall` remove it."""
    make(api)
    operator.stop()
    kubectl("delete", "clusterrole", release_owner(PLATFORM))

    def left():
        return (
            api.items(INGRESSES.format(PLATFORM))
            + api.items(POLICIES.format(PLATFORM))
            + api.items(POLICIES.format(TEAM))
        )

    until("all is collected", lambda: left() == [], within=120)
    prepared(PLATFORM, f"edge.host={HOST}", "edge.ingressClassName=nobodys")
    operator.start()
    until("it is there again", lambda: len(left()) == 3, within=60)
