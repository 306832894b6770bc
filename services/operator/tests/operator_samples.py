"""A platform and routes for tests, as the chart and the API server would give them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from platform_routes.model import Backend, Route, read_backend, read_route
from platform_routes.objects import build_edge, build_egress_policies, build_ingress_policies, build_kong
from platform_routes.platform import Owner, Platform, read_platform

HOST = "platform.test"

ROWS: dict[str, Any] = {
    "storefront": {
        "paths": [{"path": "/", "type": "Prefix"}],
        "methods": ["GET", "HEAD", "POST"],
        "service": "web",
        "auth": "optional",
        "forwardCookies": True,
    },
    "auth-public": {
        "paths": [{"path": "/auth/login", "type": "Exact"}, {"path": "/auth/email/", "type": "Prefix"}],
        "methods": ["GET", "HEAD", "POST"],
        "service": "auth",
        "auth": "public",
    },
    "members": {
        "paths": [{"path": "/api/members", "type": "Prefix"}],
        "methods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        "service": "member",
        "auth": "required",
        "idempotency": {"enabled": True, "methods": ["POST", "PUT", "PATCH"], "onUnknownOutcome": "releaseLock"},
    },
}


def platform(edge_class: str = "traefik", gateway: str = "standalone", **changes: Any) -> Platform:
    """A release in the namespace `members`."""
    sanitize = {"plugin": "pre-function", "config": {"access": ["local route = @ROUTE@"]}}
    pods = {"namespace": "members", "labels": {"app.kubernetes.io/component": "gateway"}}
    if gateway == "kong":
        pods = {"namespace": "kong", "labels": {"app.kubernetes.io/name": "gateway"}}
    given: dict[str, Any] = {
        "namespace": "members",
        "fullname": "mp",
        "host": HOST,
        "verify_url": "http://mp-auth.members.svc.cluster.local:8080/auth/verify",
        "network_policies": True,
        "edge": {
            "edge_class": edge_class,
            "class_name": edge_class,
            "max_body_bytes": 1048576,
            "timeout_seconds": 60,
            "annotations": {},
            "tls_secret": "",
            "issuer_name": "",
            "issuer_kind": "ClusterIssuer",
        },
        "gateway": {
            "implementation": gateway,
            "service": "mp-gateway",
            "port": 8000,
            "pods": pods,
            "pod_port": 8000,
            "class_name": "kong",
            "idempotency": {"ttl": 60, "lock_ttl": 120, "fail_mode": "closed"},
            "redis": {"host": "mp-redis", "port": 6379},
            "sanitize": sanitize,
            "closed": {"plugin": "pre-function", "config": {"access": ['local allow = "@ALLOW@"']}},
            "timeouts": {"connect": 2000, "send": 30000, "read": 30000},
        },
        "routes": ROWS,
        "reserved_paths": ["/log-in", "/account"],
        "owner_name": "members-mp-operator",
    }
    for name, value in changes.items():
        part, _, key = name.partition("__")
        if key:
            given[part][key] = value
        else:
            given[part] = value
    return replace(read_platform(given), owner=Owner("members-mp-operator", "uid-of-the-release"))


def route_body(name: str = "echo", namespace: str = "echo", **spec: Any) -> dict[str, Any]:
    """A ProtectedRoute as the API server has it, with the schema's defaults."""
    return {
        "apiVersion": "memberplatform.dev/v1alpha1",
        "kind": "ProtectedRoute",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{namespace}-{name}",
            "generation": 1,
            "resourceVersion": "10",
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "paths": [{"path": f"/{name}", "type": "Prefix"}],
            "methods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            "backend": {"service": name, "port": 80},
            "auth": {"mode": "required"},
            "forward": {"bearerToken": False},
            **spec,
        },
    }


def route(name: str = "echo", namespace: str = "echo", created: str = "2026-01-01T00:00:00Z", **spec: Any) -> Route:
    """The route that such an object is read as."""
    body = route_body(name, namespace, **spec)
    body["metadata"]["creationTimestamp"] = created
    return read_route(body)


def backend(**spec: Any) -> Backend:
    """A Service with the port 80, whose pods listen on `http`."""
    given = {
        "clusterIP": "10.96.0.7",
        "selector": {"app": "echo"},
        "ports": [{"port": 80, "targetPort": "http"}],
        **spec,
    }
    return read_backend({"metadata": {"name": "echo", "namespace": "echo"}, "spec": given})


def build_objects(given: Route, on: Platform, to: Backend | None) -> list[dict[str, Any]]:
    """Everything that a route stands for in the cluster."""
    is_kong = on.gateway.implementation == "kong"
    gateway = build_kong(given, on) if is_kong else build_egress_policies(given, on, to)
    return [*build_ingress_policies(given, on, to), *gateway, *build_edge(given, on)]


def by_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The objects of a kind."""
    return [body for body in objects if body["kind"] == kind]
