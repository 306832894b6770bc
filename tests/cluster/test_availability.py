"""The production values: two pods of each component, on one node too, and never none of them."""

from __future__ import annotations

import json
from functools import partial

import pytest
from by_tls import by_tls
from cluster import NAMESPACE, RELEASE, SERVING, CommandFailed, kubectl, objects, until
from journey import works
from outside import make_certificate, make_namespace


def has_two_ready_pods(release, component: str) -> bool:
    return len(ready_pods(release, component)) == 2


def test_two_pods_each_on_one_node_and_never_none(installed):
    """Anti-affinity prefers other nodes and does not insist; the budget lets one pod of a component go at a time."""
    namespace = f"{NAMESPACE}-production"
    make_namespace(namespace)
    certificate = make_certificate(namespace, f"{RELEASE}-tls", "production.platform.test")
    # Kong is not part of this suite
    release = installed("production", "gateway.implementation=standalone")
    for component in SERVING:
        until(f"{component} has two ready pods", partial(has_two_ready_pods, release, component))
    with by_tls(release, certificate) as client:
        works(client)
        first, second = ready_pods(release, "auth")
        evict(release, first)
        with pytest.raises(CommandFailed, match="disruption budget"):
            evict(release, second)
        works(client)


def ready_pods(release, component):
    """The names of a component's pods that are ready."""
    return sorted(
        pod["metadata"]["name"]
        for pod in objects("pods", "-l", f"app.kubernetes.io/component={component}", namespace=release.namespace)
        for condition in pod["status"].get("conditions", ())
        if condition["type"] == "Ready" and condition["status"] == "True" and "deletionTimestamp" not in pod["metadata"]
    )


def evict(release, name):
    """Ask for a pod's place as `kubectl drain` does. Raises CommandFailed when the budget refuses."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": release.namespace},
    }
    path = f"/api/v1/namespaces/{release.namespace}/pods/{name}/eviction"
    kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
