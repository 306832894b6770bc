"""Rules for every route, so that edges and gateways can serve it, and rules for external routes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from platform_routes.model import DEFAULT_KEYED_METHODS, KEYED_METHODS, METHODS, Idempotency, Route
from platform_routes.paths import PREFIX, Path, is_normal, overlap

_HOST = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_ROLE = re.compile(r"[A-Za-z0-9_-]{1,63}")
_AUTH = frozenset({"public", "optional", "required"})


def fault_of(route: Route) -> str:
    """Return why no edge or gateway could serve the route, in one sentence, or nothing.

    Schemas contain most of it as well; an object may be older than its schema.
    """
    return route.invalid or fault_of_paths(route.paths) or _fault_of_methods(route) or _fault_of_access(route)


def fault_of_paths(paths: Iterable[Path]) -> str:
    """Return why the paths of one route cannot be routed, or nothing."""
    seen: set[tuple[str, str]] = set()
    for path in paths:
        if not is_normal(path.path):
            return (
                f"The path {path.path} cannot be routed: use letters, digits, dot, dash and underscore between "
                "slashes, and no dot segments."
            )
        # a prefix with and without a slash at its end is the same prefix
        place = (path.type, path.element)
        if place in seen:
            return f"The path {path.path} is listed twice; a slash at the end of a prefix makes no difference."
        seen.add(place)
    return "" if seen else "The route has no paths."


def fault_of_keyed_methods(idempotency: Idempotency, methods: Iterable[str]) -> str:
    """Return why keys cannot be used with these methods of a route, or nothing."""
    if not idempotency.enabled:
        return ""
    listed = set(methods)
    if idempotency.methods is None:
        keyed = listed & set(DEFAULT_KEYED_METHODS)
        return "" if keyed else "idempotency needs POST, PUT or PATCH among methods"
    unlisted = [method for method in idempotency.methods if method not in listed]
    return f"idempotency.methods names {unlisted[0]}, which is not among methods" if unlisted else ""


def reserved_by(path: Path, routes: Iterable[Route], reserved: Iterable[str]) -> str:
    """Return the platform's path that an external route's `path` overlaps, if any.

    `routes` are the platform's own; a route for everything leaves the paths below to others. `reserved` are prefixes.
    """
    for route in routes:
        for own in route.paths:
            everything = own.type == PREFIX and not own.element
            if overlap(own, path) and (not everything or path.path == "/"):
                return f"the route {route.name}"
    return next((prefix for prefix in reserved if overlap(Path(prefix), path)), "")


def _fault_of_methods(route: Route) -> str:
    if not route.methods or not set(route.methods) <= set(METHODS):
        return f"The methods {', '.join(route.methods) or '(none)'} cannot be routed: use some of {', '.join(METHODS)}."
    if not set(route.idempotency.methods or ()) <= set(KEYED_METHODS):
        return "idempotency.methods names a method that has no key."
    fault = fault_of_keyed_methods(route.idempotency, route.methods)
    return f"{fault}." if fault else ""


def _fault_of_access(route: Route) -> str:
    if route.host and not _HOST.fullmatch(route.host):
        return f"The host {route.host} is not a host name in lower case."
    if route.auth not in _AUTH:
        return f"auth.mode is {route.auth}: it has to be public, optional or required."
    if wrong := next((role for role in route.roles if not _ROLE.fullmatch(role)), ""):
        return f"The role {wrong} is not a name of letters, digits, dashes and underscores."
    if route.roles and route.auth != "required":
        return "Roles need auth.mode: required."
    return ""
