"""Names, labels and owners of the operator's objects."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from platform_routes.model import GROUP, Object, Route, RouteKey
from platform_routes.platform import Owner, Platform

MANAGER = "member-platform-operator"
MANAGED_BY = "app.kubernetes.io/managed-by"
ROUTE_NAMESPACE = f"{GROUP}/route-namespace"
ROUTE_NAME = f"{GROUP}/route"
# Annotation with the hash of the last written object; a different value means that it has to be written.
APPLIED = f"{GROUP}/applied"

# How much of a name is for readers (characters), and how much of the hash makes it unique (hexadecimal digits: 128
# bits, beyond any search for two routes with the same name). With a suffix they fit into the 253 that names may have.
READABLE_LENGTH = 120
DIGEST_LENGTH = 32


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
    """Return the name of objects in the route's own namespace: unique in that namespace."""
    return _unique_name(f"member-platform-{route.key.name}", route.key)


def platform_name(route: Route, platform: Platform) -> str:
    """Return the name of objects in the platform's namespace: unique among all routes of the cluster."""
    return _unique_name(f"{platform.fullname}-{route.key.namespace}-{route.key.name}", route.key)


def _unique_name(readable: str, key: RouteKey) -> str:
    """Return `readable`, cut to fit, with a digest of `key`.

    Every name carries the digest: a suffix such as `-verify` of one route could otherwise be part of another's name.
    Dots become dashes, because Traefik and Kong do not tell them apart in the names that they derive.
    """
    return f"{readable[:READABLE_LENGTH].replace('.', '-').rstrip('-')}-{_digest(str(key))}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def own_metadata(route: Route, platform: Platform, name: str, annotations: dict[str, str] | None = None) -> Object:
    """Return the metadata of an object in the route's namespace."""
    return _metadata(route, platform, route.key.namespace, name, annotations)


def platform_metadata(route: Route, platform: Platform, name: str, annotations: dict[str, str] | None = None) -> Object:
    """Return the metadata of an object in the platform's namespace."""
    return _metadata(route, platform, platform.namespace, name, annotations)


def _metadata(
    route: Route, platform: Platform, namespace: str, name: str, annotations: dict[str, str] | None
) -> Object:
    metadata: Object = {"name": name, "namespace": namespace, "labels": labels(route.key)}
    if annotations:
        metadata["annotations"] = annotations
    if platform.owner:
        metadata["ownerReferences"] = [_owner_reference(platform.owner)]
    return metadata


def _owner_reference(owner: Owner) -> Object:
    """Return the owner reference to the release, so that objects are deleted when the release has no operator.

    Not to the route: the operator itself removes what a route leaves, because the order matters, and an object with two
    owners would stay until both are gone.
    """
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "name": owner.name,
        "uid": owner.uid,
        "controller": False,
        "blockOwnerDeletion": False,
    }


def stamped(body: Object) -> Object:
    """Return `body` with an annotation that contains its hash."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]
    metadata: dict[str, Any] = body["metadata"]
    return {**body, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), APPLIED: digest}}}
