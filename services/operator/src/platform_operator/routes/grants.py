"""RouteGrants: which hosts and paths the routes of which namespaces may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Default limits of a grant: routes, and their paths in total.
MAX_ROUTES = 50
MAX_PATHS = 200


@dataclass(frozen=True)
class Grant:
    """The hosts and prefixes that routes of some namespaces may use, their number, and further permissions."""

    name: str
    namespaces: frozenset[str]
    hosts: tuple[str, ...]
    prefixes: tuple[str, ...]
    generation: int = 0
    # Whether the platform's own host is among the hosts: its services share cookies, storage and scripts with web.
    platform_host: bool = False
    bearer: bool = False
    max_routes: int = MAX_ROUTES
    max_paths: int = MAX_PATHS


def read_grant(body: Mapping[str, Any]) -> Grant:
    """Return the content of a RouteGrant."""
    spec = body["spec"]
    return Grant(
        name=body["metadata"]["name"],
        namespaces=frozenset(spec["namespaces"]),
        hosts=tuple(spec.get("hosts", ())),
        prefixes=tuple(prefix.rstrip("/") for prefix in spec["pathPrefixes"]),
        generation=body["metadata"].get("generation", 0),
        platform_host=spec.get("allowPlatformHost", False),
        bearer=spec.get("allowBearerToken", False),
        max_routes=spec.get("maxRoutes", MAX_ROUTES),
        max_paths=spec.get("maxPaths", MAX_PATHS),
    )
