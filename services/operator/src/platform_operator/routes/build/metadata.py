"""Names, labels and owners of what the operator makes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from platform_operator.routes.model import API_VERSION, GROUP, Object, Route, RouteKey
from platform_operator.routes.platform import Platform

MANAGER = "member-platform-operator"
MANAGED_BY = "app.kubernetes.io/managed-by"
ROUTE_NAMESPACE = f"{GROUP}/route-namespace"
ROUTE_NAME = f"{GROUP}/route"
# What was asked for when the object was written last; another value means that there is something to write.
APPLIED = f"{GROUP}/applied"

# Names of at most 63 characters fit wherever they are used, with a suffix of ours.
NAME_LIMIT = 52


def labels(key: RouteKey) -> dict[str, str]:
    """Return the labels by which the objects of a route are found again."""
    return {
        "app.kubernetes.io/name": "protected-route",
        "app.kubernetes.io/part-of": "member-platform",
        MANAGED_BY: MANAGER,
        ROUTE_NAMESPACE: key.namespace,
        ROUTE_NAME: key.name,
    }


def route_of(body: Object) -> RouteKey | None:
    """Return whose object `body` is, or None when it is none of ours."""
    found = body["metadata"].get("labels") or {}
    if found.get(MANAGED_BY) != MANAGER or ROUTE_NAMESPACE not in found or ROUTE_NAME not in found:
        return None
    return RouteKey(found[ROUTE_NAMESPACE], found[ROUTE_NAME])


def own_name(route: Route) -> str:
    """Return the name of objects in the route's own namespace."""
    return _shortened(f"member-platform-{route.key.name}", route.key.name)


def platform_name(route: Route, platform: Platform) -> str:
    """Return the name of objects in the platform's namespace: another one for each route of the cluster."""
    readable = f"{platform.fullname}-{route.key.namespace}-{route.key.name}"
    # a-b/c and a/b-c read alike
    return f"{readable[: NAME_LIMIT - 9].rstrip('-.')}-{_digest(str(route.key))}"


def _shortened(name: str, source: str) -> str:
    return name if len(name) <= NAME_LIMIT else f"{name[: NAME_LIMIT - 9].rstrip('-.')}-{_digest(source)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def own_metadata(route: Route, name: str, annotations: dict[str, str] | None = None) -> Object:
    """Return the metadata of an object in the route's namespace, which goes when the route goes."""
    return _metadata(route, route.key.namespace, name, annotations) | {
        "ownerReferences": [
            {
                "apiVersion": API_VERSION,
                "kind": "ProtectedRoute",
                "name": route.key.name,
                "uid": route.uid,
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ]
    }


def platform_metadata(route: Route, platform: Platform, name: str, annotations: dict[str, str] | None = None) -> Object:
    """Return the metadata of an object in the platform's namespace.

    No object there can be owned by one of another namespace: the operator removes what has lost its route.
    """
    return _metadata(route, platform.namespace, name, annotations)


def _metadata(route: Route, namespace: str, name: str, annotations: dict[str, str] | None) -> Object:
    metadata: Object = {"name": name, "namespace": namespace, "labels": labels(route.key)}
    if annotations:
        metadata["annotations"] = annotations
    return metadata


def stamped(body: Object) -> Object:
    """Return `body` with the mark of what it asks for."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]
    metadata: dict[str, Any] = body["metadata"]
    return {**body, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), APPLIED: digest}}}
