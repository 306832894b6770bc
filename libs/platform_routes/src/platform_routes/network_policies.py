"""NetworkPolicies: the service is closed to all but the gateway and the callers that are named."""

from __future__ import annotations

from platform_routes.metadata import own_metadata, own_name, platform_metadata, platform_name
from platform_routes.model import Backend, Object, Route
from platform_routes.platform import Peer, Platform

NAMESPACE_LABEL = "kubernetes.io/metadata.name"


def build_ingress_policy(route: Route, platform: Platform, backend: Backend) -> Object:
    """Return the policy that allows only the permitted callers to reach the service's pods, on every port.

    Raises KeyError when the Service has no such port.
    """
    target = _target(route, backend)
    rules = [{"from": [_peer(platform.gateway.pods)], "ports": [_port(target)]}]
    for caller in route.callers:
        peer = Peer(caller.namespace, dict(caller.labels))
        rules.append({"from": [_peer(peer)], "ports": [_port(port) for port in caller.ports or (target,)]})
    return _policy(
        own_metadata(route, platform, own_name(route)),
        {"podSelector": _selector(dict(backend.selector)), "policyTypes": ["Ingress"], "ingress": rules},
    )


def build_egress_policy(route: Route, platform: Platform, backend: Backend) -> Object:
    """Return the policy that lets the platform's own gateway reach the service's pods.

    Raises KeyError when the Service has no such port.
    """
    to = [_peer(Peer(route.key.namespace, dict(backend.selector)))]
    rules = [{"to": to, "ports": [_port(_target(route, backend))]}]
    return _policy(
        platform_metadata(route, platform, platform_name(route, platform)),
        {"podSelector": _selector(dict(platform.gateway.pods.labels)), "policyTypes": ["Egress"], "egress": rules},
    )


def _target(route: Route, backend: Backend) -> int | str:
    target = backend.target(int(route.port))
    if target is None:
        raise KeyError(route.port)
    return target


def _policy(metadata: Object, spec: Object) -> Object:
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def _peer(peer: Peer) -> Object:
    selected: Object = {"namespaceSelector": _selector({NAMESPACE_LABEL: peer.namespace})}
    if peer.labels:
        selected["podSelector"] = _selector(dict(peer.labels))
    return selected


def _selector(labels: dict[str, str]) -> Object:
    return {"matchLabels": labels}


def _port(port: int | str) -> Object:
    return {"protocol": "TCP", "port": port}
