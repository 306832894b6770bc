"""The part of the standalone gateway's route table that one route makes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

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


def _idempotency(route: Route) -> Object:
    given = route.idempotency
    settings: Object = {"methods": list(route.keyed_methods)}
    if route.keyed_methods:
        settings |= {"required": given.required, "on_unknown": given.on_unknown, **given.overrides}
    return settings


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def build_table(entries: Iterable[tuple[str, Mapping[str, object]]]) -> str:
    """Return the text of the table: the same for the same entries, whatever their order."""
    return json.dumps({"version": 1, "routes": dict(entries)}, sort_keys=True, separators=(",", ":"))
