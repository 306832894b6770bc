"""The network matrix by real connections: pods with the labels of each component, each to each, on each port.

The pods listen on every port of the matrix, so a closed port means a policy, not a missing server. They are never
ready, so no Service sends them anything.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cluster import (
    EDGE_NAMESPACE,
    NAMESPACE,
    STRANGE_NAMESPACE,
    component_labels,
    kubectl,
    objects,
    until,
)
from outside import make_namespace

PORTS = (5432, 6379, 8000, 8080, 9090, 9999)
STORES = ("postgres", "redis-sessions", "redis-idempotency")
EVER = ("member", "auth", "shop", "web", "gateway", *STORES, "member-database", "shop-database")
COMPONENTS = (*EVER, "auth-keys", "test")
NODE_CACHE = "169.254.20.10"
# What stands outside: by name, its namespace and labels.
STRANGERS = {
    "neighbour": (NAMESPACE, {"app": "other"}),
    "impostor": (STRANGE_NAMESPACE, None),
    "edge": (EDGE_NAMESPACE, {"app": "probe"}),
}
ALLOWED = {
    flow
    for flow in {
        ("edge", "gateway", 8000),
        ("edge", "auth", 8080),
        ("gateway", "member", 8080),
        ("gateway", "auth", 8080),
        ("gateway", "shop", 8080),
        ("gateway", "web", 8080),
        ("gateway", "redis-idempotency", 6379),
        ("auth", "member", 8080),
        ("auth", "redis-sessions", 6379),
        ("member", "auth", 8080),
        ("member", "shop", 8080),
        ("member", "postgres", 5432),
        ("member-database", "postgres", 5432),
        ("shop", "auth", 8080),
        ("shop", "postgres", 5432),
        ("shop-database", "postgres", 5432),
        ("web", "member", 8080),
        ("web", "auth", 8080),
        ("web", "shop", 8080),
        # the edge's own ports, for `helm test`
        ("test", "edge", 8000),
        ("test", "edge", 8080),
    }
    if {flow[0], flow[1]} <= {*COMPONENTS, *STRANGERS}
}
# No one's policies speak for these, so they reach each other.
UNGOVERNED = {"neighbour", "impostor", "edge"}


def probe_pod(name, namespace, labels, image):
    security = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"probe-{name}", "namespace": namespace, "labels": {**labels, "probe": name}},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "probe",
                    "image": image,
                    "command": ["python", "-c", Path(__file__).with_name("probe.py").read_text(encoding="utf-8")],
                    "env": [{"name": "PORTS", "value": json.dumps(PORTS)}],
                    "securityContext": security,
                    # never ready: no Service may send it anything
                    "readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 3600},
                }
            ],
        },
    }


@pytest.fixture(scope="module")
def probes(release):
    """Every probe's name, namespace and address."""
    image = release.image("member")
    make_namespace(STRANGE_NAMESPACE)
    pods = {component: (NAMESPACE, component_labels(component)) for component in COMPONENTS}
    pods |= {name: (where, labels or component_labels("gateway")) for name, (where, labels) in STRANGERS.items()}
    try:
        for name, (where, labels) in pods.items():
            # the edge's namespace outlives a run that was cut short
            kubectl("delete", "pod", f"probe-{name}", "--ignore-not-found", namespace=where)
            kubectl("create", "-f", "-", namespace=where, stdin=json.dumps(probe_pod(name, where, labels, image)))
        yield until("the probes run", lambda: addresses(pods))
    finally:
        for name, (where, _) in pods.items():
            kubectl("delete", "pod", f"probe-{name}", "--ignore-not-found", "--wait=false", namespace=where)


def addresses(pods):
    found = {}
    for namespace in {where for where, _ in pods.values()}:
        for pod in objects("pods", "-l", "probe", namespace=namespace):
            name = pod["metadata"]["labels"]["probe"]
            if pod["status"]["phase"] == "Running" and "listening" in kubectl(
                "logs", f"probe-{name}", namespace=namespace
            ):
                found[name] = (namespace, pod["status"]["podIP"])
    return found if found.keys() == pods.keys() else None


def reached(probes, source):
    """What a probe reaches: names and ports."""
    namespace, _ = probes[source]
    peers = [[name, address, port] for name, (_, address) in probes.items() if name != source for port in PORTS]
    code = Path(__file__).with_name("probe.py").read_text(encoding="utf-8")
    said = kubectl("exec", f"probe-{source}", "--", "python", "-c", code, json.dumps(peers), namespace=namespace)
    return {(source, name, port) for name, _, port in json.loads(said)}


def test_exactly_the_listed_pairs_speak(probes):
    def complete():
        with ThreadPoolExecutor(4) as pool:
            return set().union(*pool.map(lambda source: reached(probes, source), probes))

    free = {(a, b, port) for a in UNGOVERNED for b in UNGOVERNED if a != b for port in PORTS}
    # a policy reaches a new pod a moment after it has started
    until("every allowed pair speaks", lambda: complete() >= ALLOWED | free, within=60)
    assert complete() == ALLOWED | free


@pytest.fixture
def cache_on_the_node(release):
    """A DNS cache on the node itself, at the address where clusters that have one put it."""
    code = Path(__file__).with_name("node_cache.py").read_text(encoding="utf-8")
    security = {"runAsUser": 0, "capabilities": {"add": ["NET_ADMIN", "NET_BIND_SERVICE"]}}
    cluster_dns = kubectl("get", "service", "kube-dns", "-o", "jsonpath={.spec.clusterIP}", namespace="kube-system")
    container = {
        "name": "cache",
        "image": release.image("member"),
        "command": ["python", "-c", code, NODE_CACHE, cluster_dns],
        "securityContext": security,
    }
    spec = {"hostNetwork": True, "terminationGracePeriodSeconds": 5, "containers": [container]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "node-cache"}, "spec": spec}
    kubectl("create", "-f", "-", namespace=STRANGE_NAMESPACE, stdin=json.dumps(pod))
    logs = ("logs", "node-cache", "--ignore-errors")
    until("the cache listens", lambda: "listening" in kubectl(*logs, namespace=STRANGE_NAMESPACE))
    yield NODE_CACHE
    kubectl("delete", "pod", "node-cache", namespace=STRANGE_NAMESPACE)


def test_a_cache_on_the_node_serves_every_component_but_the_stores(probes, cache_on_the_node):
    code = Path(__file__).with_name("resolver.py").read_text(encoding="utf-8")
    wanted = {"udp": True, "tcp": True}
    for name, (namespace, _) in probes.items():
        if name in UNGOVERNED:
            continue
        said = json.loads(
            kubectl("exec", f"probe-{name}", "--", "python", "-c", code, cache_on_the_node, namespace=namespace)
        )
        assert said == (wanted if name not in STORES else dict.fromkeys(wanted, False)), name


def test_every_component_but_the_stores_resolves_names(probes):
    code = "import socket; print(socket.gethostbyname('kubernetes.default.svc.cluster.local'))"
    for name, (namespace, _) in probes.items():
        if name in {*STORES} | UNGOVERNED:
            continue
        assert kubectl("exec", f"probe-{name}", "--", "python", "-c", code, namespace=namespace).strip(), name


@pytest.mark.usefixtures("release")
def test_the_matrix_of_this_test_is_the_charts():
    """Both lists are written by hand; a new flow belongs in both."""
    flows = {(source, target) for source, target, _ in ALLOWED if "edge" not in {source, target}}
    policies = objects("networkpolicies")
    rules = {
        (
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"],
            policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"],
        )
        for policy in policies
        for rule in policy["spec"].get("ingress") or ()
        for peer in rule["from"]
        if "namespaceSelector" not in peer
    }
    assert rules == flows
