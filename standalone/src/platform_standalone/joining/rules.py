"""The paths of the platform's own host that a joined service may use, by the operator's rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from platform_routes.paths import is_closed, overlap
from platform_routes.rules import reserved_by
from platform_routes.table import RouteTable
from platform_standalone.errors import PlatformError
from platform_standalone.joining.manifest import JoinedService


def reserved_paths(values: Path) -> tuple[str, ...]:
    """Read `reservedPaths:` of a values file that `load_table` has read."""
    return tuple(yaml.safe_load(values.read_text(encoding="utf-8"))["reservedPaths"])


def check(service: JoinedService, table: RouteTable, reserved: Sequence[str], others: Iterable[JoinedService]) -> None:
    """Raise PlatformError with one sentence when a path of `service` cannot be its own."""
    for path in service.row.paths:
        if is_closed(path):
            raise PlatformError(f"The path {path.path} of {service.name} is never routed; use another.")
        if owner := reserved_by(path, table.rows, reserved):
            raise PlatformError(
                f"The path {path.path} of {service.name} overlaps {owner}, which the platform reserves; use another."
            )
        for other in others:
            if any(overlap(path, taken) for taken in other.row.paths):
                raise PlatformError(
                    f"The path {path.path} of {service.name} overlaps one of the joined service {other.name}; "
                    f"use another, or make leave SERVICE={other.name} first."
                )
