"""The platform that routes join: the chart's settings that routes depend on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from platform_routes.model import Route
from platform_routes.table import read_row

IDENTITY_HEADERS = ("X-Auth-Subject", "X-Auth-Session", "X-Auth-Roles")


@dataclass(frozen=True)
class Peer:
    """Pods of a namespace, by labels; none: all of them."""

    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Edge:
    """The edge: its class (nginx or traefik), the limits of every request, TLS."""

    edge_class: str
    class_name: str
    max_body_bytes: int
    timeout_seconds: int
    annotations: Mapping[str, str] = field(default_factory=dict)
    tls_secret: str = ""
    issuer_name: str = ""
    issuer_kind: str = "ClusterIssuer"


@dataclass(frozen=True)
class Gateway:
    """The gateway: its implementation (kong or standalone), the Service for the edge, and its pods."""

    implementation: str
    service: str
    port: int
    pods: Peer
    pod_port: int
    class_name: str = "kong"
    idempotency: Mapping[str, Any] = field(default_factory=dict)
    redis: Mapping[str, Any] = field(default_factory=dict)
    timeouts: Mapping[str, int] = field(default_factory=dict)
    # Kong's plugins as the chart has them: one sanitizes requests and refuses unchecked ones, its code has @ROUTE@ for
    # the route; one refuses what is closed, its code has @ALLOW@ for the methods that the path accepts.
    sanitize: Mapping[str, Any] = field(default_factory=dict)
    closed: Mapping[str, Any] = field(default_factory=dict)
    # The standalone gateway's tables of joined routes: how many ConfigMaps hold them.
    tables: int = 1


@dataclass(frozen=True)
class Owner:
    """The release's cluster-scoped object that owns the operator's objects."""

    name: str
    uid: str


@dataclass(frozen=True)
class Platform:
    """One release of the chart. `rows` are its own routes, in its own namespace; they are reserved."""

    namespace: str
    fullname: str
    host: str
    verify_url: str
    edge: Edge
    gateway: Gateway
    network_policies: bool = True
    rows: tuple[Route, ...] = ()
    # Prefixes of the platform's host that no route may take: web's pages, whose row is `/`.
    reserved_paths: tuple[str, ...] = ()
    # The name of the release's ClusterRole, and, once it has been read, the owner that it is.
    owner_name: str = ""
    owner: Owner | None = None

    def object_name(self, name: str) -> str:
        """Return the name of one of the release's objects."""
        return f"{self.fullname}-{name}"

    def host_of(self, route: Route) -> str:
        """Return the host under which clients reach `route`."""
        return route.host or self.host

    def is_own_host(self, route: Route) -> bool:
        """Tell whether `route` shares the platform's host."""
        return self.host_of(route) == self.host


def load_platform(file: File) -> Platform:
    """Read the file that the chart generated. Raises OSError, ValueError, KeyError, TypeError, RouteTableError."""
    return read_platform(json.loads(file.read_text(encoding="utf-8")))


def read_platform(given: Mapping[str, Any]) -> Platform:
    """Return the platform of a document. Raises KeyError, TypeError, RouteTableError."""
    gateway = dict(given["gateway"])
    return Platform(
        namespace=given["namespace"],
        fullname=given["fullname"],
        host=given["host"],
        verify_url=given["verify_url"],
        edge=Edge(**given["edge"]),
        gateway=Gateway(**{**gateway, "pods": Peer(**gateway["pods"])}),
        network_policies=given["network_policies"],
        rows=tuple(read_row(name, row, given["namespace"]) for name, row in given["routes"].items()),
        reserved_paths=tuple(given["reserved_paths"]),
        owner_name=given["owner_name"],
    )
