"""The network matrix: who reaches whom, and above all who does not. The expectation is written here, not derived."""

from __future__ import annotations

import itertools

import pytest
from network import Network, Party
from rendering import NAMESPACE, render

EDGE = Party.pod("edge", "traefik", {"app.kubernetes.io/name": "traefik"})
INGRESS_NGINX = Party.pod("edge", "ingress-nginx", {"app.kubernetes.io/name": "ingress-nginx"})
KONG = Party.pod("gateway", "kong", {"app.kubernetes.io/name": "gateway"})
KONG_CONTROLLER = Party.pod("kong's controller", "kong", {"app.kubernetes.io/name": "controller"})
PROMETHEUS = Party.pod("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"})
DNS = Party.pod("dns", "kube-system", {"k8s-app": "kube-dns"})
NODE_DNS = Party("node's dns", address="169.254.20.10")
INTERNET = Party("internet", address="203.0.113.7")
NEIGHBOUR = Party.pod("neighbour", NAMESPACE, {"app": "other"})
IMPOSTOR = Party.pod(
    "impostor",
    "elsewhere",
    {
        "app.kubernetes.io/name": "member-platform",
        "app.kubernetes.io/instance": "member-platform",
        "app.kubernetes.io/component": "gateway",
    },
)
STRANGERS = (NEIGHBOUR, IMPOSTOR, KONG_CONTROLLER, INTERNET)

PORTS = (53, 80, 443, 5432, 6379, 6443, 8000, 8080, 8443, 9090)

# Everything that is allowed within a release with every service and the standalone gateway.
WITHIN = {
    ("gateway", "member", 8080),
    ("gateway", "auth", 8080),
    ("gateway", "web", 8080),
    ("gateway", "shop", 8080),
    ("gateway", "redis-idempotency", 6379),
    ("auth", "redis-sessions", 6379),
    ("auth", "member", 8080),
    ("member", "auth", 8080),
    ("member", "postgres", 5432),
    ("member-database", "postgres", 5432),
    ("shop", "auth", 8080),
    ("member", "shop", 8080),
    ("shop", "postgres", 5432),
    ("shop-database", "postgres", 5432),
    ("web", "member", 8080),
    ("web", "auth", 8080),
    ("web", "shop", 8080),
}
FROM_EDGE = {("gateway", 8000), ("auth", 8080)}


def everything(*settings):
    return Network.from_documents(render("traefik-standalone-values.yaml", *settings))


def test_within_the_release_exactly_the_listed_pairs_speak():
    network = everything()
    allowed = {
        (source.name, target.name, port)
        for source, target in itertools.permutations(network.pods.values(), 2)
        for port in PORTS
        if network.allows(source, target, port)
    }
    assert allowed == WITHIN


def test_no_component_speaks_udp_to_another():
    network = everything()
    for source, target in itertools.permutations(network.pods.values(), 2):
        assert not any(network.allows(source, target, port, "UDP") for port in PORTS)


def test_the_edge_reaches_the_gateway_and_auth_alone():
    network = everything()
    reached = {(pod.name, port) for pod in network.pods.values() for port in PORTS if network.allows(EDGE, pod, port)}
    assert reached == FROM_EDGE


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda party: party.name)
@pytest.mark.parametrize("values", ["traefik-standalone-values.yaml", "default-values.yaml"])
def test_nobody_else_reaches_anything(stranger, values):
    network = Network.from_documents(render(values))
    for pod in network.pods.values():
        assert not any(network.allows(stranger, pod, port) for port in PORTS), pod.name


def test_the_edge_of_another_class_is_a_stranger():
    network = everything()
    assert not any(network.allows(INGRESS_NGINX, pod, port) for pod in network.pods.values() for port in PORTS)


def test_kong_takes_the_gateways_place():
    network = Network.from_documents(render("default-values.yaml"))
    reached = {(pod.name, port) for pod in network.pods.values() for port in PORTS if network.allows(KONG, pod, port)}
    assert reached == {("member", 8080), ("auth", 8080), ("web", 8080), ("shop", 8080), ("redis-idempotency", 6379)}
    assert {pod.name for pod in network.pods.values() if network.allows(INGRESS_NGINX, pod, 8080)} == {"auth"}


def test_prometheus_reads_metrics_and_nothing_else():
    network = Network.from_documents(render("monitoring-values.yaml"))
    reached = {
        (pod.name, port) for pod in network.pods.values() for port in PORTS if network.allows(PROMETHEUS, pod, port)
    }
    assert reached == {(part, 9090) for part in ("member", "auth", "shop", "web", "gateway")}


def test_without_a_prometheus_nobody_reads_metrics():
    network = everything()
    assert not any(network.allows(PROMETHEUS, pod, 9090) for pod in network.pods.values())


def test_every_component_but_the_stores_resolves_names():
    network = everything()
    for server in (DNS, NODE_DNS):
        for protocol in ("UDP", "TCP"):
            asking = {pod.name for pod in network.pods.values() if network.allows(pod, server, 53, protocol)}
            assert asking == set(network.pods) - {"postgres", "redis-sessions", "redis-idempotency"}


def test_one_job_reaches_the_api_server_and_no_component_the_internet():
    network = everything()
    outward = {
        (pod.name, port) for pod in network.pods.values() for port in PORTS if network.allows(pod, INTERNET, port)
    }
    assert outward == {("auth-keys", 443), ("auth-keys", 6443)}


def test_the_api_servers_address_can_be_named():
    network = everything("networkPolicy.apiServer.cidrs={198.51.100.1/32}")
    assert not network.allows(network.pods["auth-keys"], INTERNET, 443)
    assert network.allows(network.pods["auth-keys"], Party("api", address="198.51.100.1"), 443)


def test_the_mail_worker_alone_reaches_the_mail_server():
    network = Network.from_documents(render("mail-values.yaml"))
    server, worker = Party("mail", address="192.0.2.25"), network.pods["mail-worker"]
    assert {pod.name for pod in network.pods.values() if network.allows(pod, server, 587)} == {"mail-worker"}
    assert not network.allows(worker, server, 25)
    assert not network.allows(worker, INTERNET, 587)
    reached = {pod.name for pod in network.pods.values() if any(network.allows(worker, pod, port) for port in PORTS)}
    assert reached == {"postgres"}


def test_the_test_pod_reaches_the_edge_alone():
    network = everything()
    test = network.pods["test"]
    assert network.allows(test, EDGE, 8000)
    assert not any(network.allows(test, pod, port) for pod in network.pods.values() if pod != test for port in PORTS)


def test_stores_outside_are_reached_by_those_who_need_them():
    network = Network.from_documents(render("external-data-values.yaml"))
    postgres, redis = Party("postgres", address="192.0.2.10"), Party("redis", address="192.0.2.11")
    assert {pod.name for pod in network.pods.values() if network.allows(pod, postgres, 5433)} == {
        "member",
        "member-database",
        "shop",
        "shop-database",
    }
    assert {pod.name for pod in network.pods.values() if network.allows(pod, redis, 6380)} == {"auth", "gateway"}


def test_a_component_that_is_not_listed_is_closed():
    network = everything()
    labels = {**dict(network.pods["auth"].labels), "app.kubernetes.io/component": "forgotten"}
    forgotten = Party.pod("forgotten", NAMESPACE, labels)
    for other in (*network.pods.values(), *STRANGERS, EDGE):
        for port in PORTS:
            assert not network.allows(forgotten, other, port)
            assert not network.allows(other, forgotten, port)


def test_every_pod_has_policies_both_ways(documents):
    network = Network.from_documents(documents)
    if not network.policies:
        assert documents == render("minimal-values.yaml")
        return
    for pod in network.pods.values():
        for direction in ("ingress", "egress"):
            assert any(network._governs(policy, pod, direction) for policy in network.policies)
