"""Which paths of the platform's own host a joined service may take; the operator has the same rules on Kubernetes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from platform_standalone.errors import PlatformError
from platform_standalone.joining.manifest import JoinedService
from platform_standalone.nginx.routes import CLOSED_PATHS, RoutePath, RouteTable

# Locations that edge and gateway use internally; no client gets to them.
INTERNAL_PATHS = ("/.edge", "/gateway_buffered", "/gateway_error")


def reserved_paths(values: Path) -> tuple[str, ...]:
    """Read `reservedPaths:` of a values file that `load_table` has read."""
    return tuple(yaml.safe_load(values.read_text(encoding="utf-8"))["reservedPaths"])


def check(service: JoinedService, table: RouteTable, reserved: Sequence[str], others: Iterable[JoinedService]) -> None:
    """Raise PlatformError with one sentence when a path of `service` cannot be its own."""
    for path in service.row.paths:
        if any(_covers(closed, path.path.rstrip("/")) for closed in (*CLOSED_PATHS, *INTERNAL_PATHS)):
            raise PlatformError(f"The path {path.path} of {service.name} is never routed; take another.")
        if owner := _owner(path, table, reserved):
            raise PlatformError(
                f"The path {path.path} of {service.name} overlaps {owner}, which the platform keeps; take another."
            )
        for other in others:
            if any(overlap(path, taken) for taken in other.row.paths):
                raise PlatformError(
                    f"The path {path.path} of {service.name} overlaps one of the joined service {other.name}; "
                    f"take another, or make leave SERVICE={other.name} first."
                )


def _owner(path: RoutePath, table: RouteTable, reserved: Sequence[str]) -> str:
    """Return what of the platform `path` overlaps, or nothing. A row for everything leaves its paths to others."""
    for row in table.rows:
        for own in row.paths:
            everything = own.type == "Prefix" and not own.element
            if overlap(own, path) and (not everything or path.path == "/"):
                return f"the route {row.name}"
    prefixes = (RoutePath(path=prefix, type="Prefix") for prefix in reserved)
    return next((prefix.path for prefix in prefixes if overlap(prefix, path)), "")


def overlap(one: RoutePath, other: RoutePath) -> bool:
    """Return whether a request can match both."""
    if one.type == "Exact" and other.type == "Exact":
        return one.path == other.path
    if one.type == "Exact":
        return _covers(other.element, one.path)
    if other.type == "Exact":
        return _covers(one.element, other.path)
    return _covers(one.element, other.element) or _covers(other.element, one.element)


def _covers(prefix: str, path: str) -> bool:
    return not prefix or path == prefix or path.startswith(f"{prefix}/")
