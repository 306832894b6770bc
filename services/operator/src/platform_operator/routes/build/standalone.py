"""The part of the standalone gateway's route table that one route makes."""

from __future__ import annotations

from platform_operator.routes.build.objects import is_usable
from platform_operator.routes.model import Backend, Object, Route
from platform_operator.routes.platform import Platform

# Nothing listens there: a client is told that the service is out of reach, and the path stays taken.
NOWHERE = "127.0.0.1:1"


def build_entry(route: Route, platform: Platform, backend: Backend | None) -> Object:
    """Return the route's entry. Without a Service that can be used its requests are answered with 502."""
    return {
        "hosts": [platform.host_of(route)],
        "paths": [{"path": path.path, "type": path.type} for path in route.paths],
        "methods": list(route.methods),
        "auth": route.auth,
        "bearer": route.bearer,
        "cookies": route.cookies,
        "own_host": not platform.is_own_host(route),
        "roles": list(route.roles),
        "upstream": f"{_bracketed(backend.address)}:{route.port}" if backend and is_usable(route, backend) else NOWHERE,
        "idempotency": _idempotency(route),
    }


def reduced(entry: Object | None, to: Route | None, platform: Platform) -> Object | None:
    """Return `entry` without what `to` does not ask for: paths, another host, trust in the identity of requests."""
    if entry is None or to is None:
        return None
    is_same = entry["hosts"] == [platform.host_of(to)] and (entry["auth"] == "public") == (to.auth == "public")
    asked = {(path.path, path.type) for path in to.paths}
    paths = [path for path in entry["paths"] if (path["path"], path["type"]) in asked]
    return {**entry, "paths": paths} if is_same and paths else None


def _idempotency(route: Route) -> Object:
    given = route.idempotency
    settings: Object = {"methods": list(route.keyed_methods)}
    if route.keyed_methods:
        settings |= {"required": given.required, "on_unknown": given.on_unknown, **given.overrides}
    return settings


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
