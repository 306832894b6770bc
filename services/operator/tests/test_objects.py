"""The objects of a route: what the edge asks, what the gateway does, who reaches the service."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

from operator_samples import HOST, backend, build_objects, by_kind, platform, route
from platform_routes.gateway_file import NOWHERE, build_entry, reduced
from platform_routes.metadata import APPLIED, route_of
from platform_routes.model import RouteKey

NGINX = "nginx.ingress.kubernetes.io"
VERIFY = "http://mp-auth.members.svc.cluster.local:8080/auth/verify"
EVERY_WAY = [("nginx", "kong"), ("nginx", "standalone"), ("traefik", "kong"), ("traefik", "standalone")]


def objects(given, edge="traefik", gateway="standalone", **changes):
    return build_objects(given, platform(edge, gateway, **changes), backend())


def ingress_of_the_edge(given, **changes):
    (only,) = by_kind(objects(given, "nginx", "standalone", **changes), "Ingress")
    return only


@pytest.mark.parametrize(("edge", "gateway"), EVERY_WAY)
def test_every_object_is_labelled_marked_and_where_it_belongs(edge, gateway):
    for body in objects(route(), edge, gateway):
        metadata = body["metadata"]
        assert route_of(body) == RouteKey("echo", "echo")
        assert re.fullmatch(r"[0-9a-f]{16}", metadata["annotations"][APPLIED])
        assert len(metadata["name"]) <= 253
        # the release's, so that they go with its operator; an owner has to be of the same namespace or of none
        (owner,) = metadata["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"]) == (
            "ClusterRole",
            "members-mp-operator",
            "uid-of-the-release",
        )


@pytest.mark.parametrize(("edge", "gateway"), EVERY_WAY)
def test_names_of_long_routes_fit_and_differ(edge, gateway):
    names = set()
    for name in ("a" * 62 + "x", "a" * 62 + "y"):
        for body in objects(route(name, "n" * 63), edge, gateway):
            assert len(body["metadata"]["name"]) <= 253
            names.add((body["kind"], body["metadata"]["namespace"], body["metadata"]["name"]))
    assert len(names) == 2 * len(objects(route("a" * 63, "n" * 63), edge, gateway))


def test_namespaces_and_names_that_read_alike_get_objects_of_their_own():
    one, other = objects(route("b-c", "a")), objects(route("c", "a-b"))
    own = {body["metadata"]["name"] for body in one if body["metadata"]["namespace"] == "members"}
    assert not own & {body["metadata"]["name"] for body in other}


@pytest.mark.parametrize(("edge", "gateway"), EVERY_WAY)
def test_every_name_carries_at_least_128_bits_of_the_hash_of_its_route(edge, gateway):
    digest = hashlib.sha256(b"echo/echo").hexdigest()[:32]
    names = [body["metadata"]["name"] for body in objects(route(), edge, gateway)]
    assert names
    assert [name for name in names if digest not in name] == []


def test_a_suffix_of_one_route_is_no_part_of_anothers_name():
    names = [
        (body["kind"], body["metadata"]["name"])
        for name in ("a", "a-0", "a-0-keyed", "a-0-never", "a-verify", "a.0")
        for edge, gateway in EVERY_WAY[:1]
        for body in objects(
            route(name, host="echo.test", paths=[{"path": "/"}, {"path": "/x"}], idempotency={}), edge, gateway
        )
    ]
    assert len(names) == len(set(names))
    assert not [name for _, name in names if "." in name]


def test_the_same_route_makes_the_same_objects():
    assert json.dumps(objects(route())) == json.dumps(objects(route()))


@pytest.mark.parametrize(
    ("auth", "query"),
    [
        ({"mode": "required"}, ""),
        ({"mode": "optional"}, "?optional=1"),
        ({"mode": "required", "roles": ["clerk", "admin"]}, "?role=clerk&role=admin"),
    ],
)
def test_the_edge_asks_auth_as_the_route_says(auth, query):
    assert ingress_of_the_edge(route(auth=auth))["metadata"]["annotations"][f"{NGINX}/auth-url"] == VERIFY + query
    (verify,) = by_kind(objects(route(auth=auth)), "Middleware")
    assert verify["spec"]["forwardAuth"]["address"] == VERIFY + query
    assert verify["spec"]["forwardAuth"]["trustForwardHeader"] is False


def test_a_public_route_asks_nobody_and_carries_no_identity():
    given = route(auth={"mode": "public"})
    assert not [key for key in ingress_of_the_edge(given)["metadata"]["annotations"] if "auth" in key]
    made = objects(given)
    assert by_kind(made, "Middleware") == []
    (ingress_route,) = by_kind(made, "IngressRoute")
    assert ingress_route["spec"]["routes"][0]["middlewares"] == [{"name": "mp-edge-public"}]


def test_limits_are_the_edges():
    given = route(rateLimit={"requestsPerSecond": 20, "burstFactor": 3}, maxBodyBytes=2048)
    annotations = ingress_of_the_edge(given)["metadata"]["annotations"]
    assert annotations[f"{NGINX}/limit-rps"] == "20"
    assert annotations[f"{NGINX}/limit-burst-multiplier"] == "3"
    assert annotations[f"{NGINX}/proxy-body-size"] == "2048"
    specs = [body["spec"] for body in by_kind(objects(given), "Middleware")]
    assert {"rateLimit": {"average": 20, "burst": 60}} in specs
    assert {"buffering": {"maxRequestBodyBytes": 2048}} in specs
    (ingress_route,) = by_kind(objects(given), "IngressRoute")
    chain = [item["name"].rpartition("-")[2] for item in ingress_route["spec"]["routes"][0]["middlewares"]]
    assert chain == ["rate", "body", "verify"]


def test_nginx_sends_no_request_to_the_gateway_twice():
    assert ingress_of_the_edge(route())["metadata"]["annotations"][f"{NGINX}/proxy-next-upstream"] == "off"


def test_a_body_is_bounded_even_if_the_route_says_nothing():
    assert ingress_of_the_edge(route())["metadata"]["annotations"][f"{NGINX}/proxy-body-size"] == "1048576"


def test_traefik_takes_whole_path_elements_and_the_best_path():
    given = route(paths=[{"path": "/a"}, {"path": "/a/b/"}, {"path": "/a/b", "type": "Exact"}])
    (ingress_route,) = by_kind(objects(given), "IngressRoute")
    rules = {rule["match"]: rule["priority"] for rule in ingress_route["spec"]["routes"]}
    assert rules == {
        f"Host(`{HOST}`) && (Path(`/a`) || PathPrefix(`/a/`))": 1002,
        f"Host(`{HOST}`) && (Path(`/a/b`) || PathPrefix(`/a/b/`))": 1004,
        f"Host(`{HOST}`) && Path(`/a/b`)": 100004,
    }


def test_a_host_of_its_own_is_served_and_sent_to_https():
    given = route(host="echo.test", paths=[{"path": "/"}])
    made = by_kind(objects(given, edge__tls_secret="mp-tls"), "IngressRoute")
    assert [body["spec"]["entryPoints"] for body in made] == [["websecure"], ["web"]]
    assert made[0]["spec"]["tls"] == {"secretName": "mp-tls"}
    assert made[1]["spec"]["routes"][0]["middlewares"] == [{"name": "mp-edge-to-https"}]


def test_the_service_is_closed_to_all_but_the_gateway_and_named_callers():
    callers = [
        {"namespace": "monitoring", "podLabels": {"app": "prometheus"}, "ports": [9090]},
        {"podLabels": {"x": "y"}},
    ]
    closing, way_out = by_kind(objects(route(allowedCallers=callers)), "NetworkPolicy")
    assert closing["metadata"]["namespace"] == "echo"
    assert closing["spec"]["podSelector"] == {"matchLabels": {"app": "echo"}}
    assert closing["spec"]["policyTypes"] == ["Ingress"]
    gateway, prometheus, neighbour = closing["spec"]["ingress"]
    assert gateway == {
        "from": [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "members"}},
                "podSelector": {"matchLabels": {"app.kubernetes.io/component": "gateway"}},
            }
        ],
        "ports": [{"protocol": "TCP", "port": "http"}],
    }
    assert prometheus["ports"] == [{"protocol": "TCP", "port": 9090}]
    assert neighbour["from"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "echo"}
    assert neighbour["ports"] == [{"protocol": "TCP", "port": "http"}]
    assert way_out["metadata"]["namespace"] == "members"
    assert way_out["spec"]["policyTypes"] == ["Egress"]
    assert way_out["spec"]["egress"][0]["to"][0]["podSelector"] == {"matchLabels": {"app": "echo"}}


def test_with_kong_the_gateway_is_kongs_pods_and_needs_no_way_out():
    (closing,) = by_kind(objects(route(), "nginx", "kong"), "NetworkPolicy")
    peer = closing["spec"]["ingress"][0]["from"][0]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kong"}
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "gateway"}


def test_where_the_chart_makes_no_policies_the_operator_makes_none():
    assert by_kind(objects(route(), network_policies=False), "NetworkPolicy") == []


@pytest.mark.parametrize("service", [None, backend(clusterIP="None"), backend(selector=None), backend(ports=[])])
def test_without_a_service_that_can_be_used_the_edge_still_asks(service):
    made = build_objects(route(), platform(), service)
    assert {body["kind"] for body in made} == {"IngressRoute", "Middleware"}
    assert build_entry(route(), platform(), service)["upstream"] == NOWHERE


def test_the_gateways_entry_says_what_reaches_the_service():
    entry = build_entry(route(), platform(), backend())
    # what is not listed is as by default: neither the token nor cookies
    assert entry.keys() == {"hosts", "paths", "methods", "auth", "upstream"}
    assert entry["auth"] == "required"
    assert entry["upstream"] == "10.96.0.7:80"
    assert build_entry(route(forward={"bearerToken": True}), platform(), backend())["bearer"] is True


def test_an_address_of_version_six_is_bracketed():
    assert build_entry(route(), platform(), backend(clusterIP="fd00::7"))["upstream"] == "[fd00::7]:80"


def test_the_gateways_entry_says_who_may_pass_and_whether_the_host_is_the_platforms():
    entry = build_entry(route(auth={"mode": "required", "roles": ["clerk"]}), platform(), backend())
    assert (entry["roles"], entry.get("own_host")) == (["clerk"], None)
    assert build_entry(route(host="echo.test"), platform(), backend())["own_host"] is True


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({}, ["/a", "/b"]),
        ({"paths": [{"path": "/b"}, {"path": "/c"}]}, ["/b"]),
        ({"paths": [{"path": "/c"}]}, None),
        ({"paths": [{"path": "/a", "type": "Exact"}]}, None),
        ({"host": "echo.test"}, None),
        ({"auth": {"mode": "public"}}, None),
        ({"auth": {"mode": "optional"}}, ["/a", "/b"]),
    ],
)
def test_an_entry_is_reduced_to_what_the_changed_route_asks_for_as_well(change, left):
    before: dict[str, Any] = {"paths": [{"path": "/a"}, {"path": "/b"}]}
    entry = build_entry(route(**before), platform(), backend())
    found = reduced(entry, route(**{**before, **change}), platform())
    assert (found and [path["path"] for path in found["paths"]]) == left
    assert reduced(entry, None, platform()) is None


def test_idempotency_is_told_as_the_route_says():
    visitors = {"scopeCookies": ["basket"], "anonymous": "bypass"}
    given = route(
        idempotency={
            "required": True,
            "ttl": "5s",
            "failMode": "open",
            "onUnknownOutcome": "releaseLock",
            **visitors,
        }
    )
    assert build_entry(given, platform(), backend())["idempotency"] == {
        "required": True,
        "onUnknownOutcome": "releaseLock",
        "ttl": "5s",
        "failMode": "open",
        **visitors,
    }
    assert "idempotency" not in build_entry(route(), platform(), backend())
    assert "idempotency" not in build_entry(route(idempotency={"enabled": False}), platform(), backend())
