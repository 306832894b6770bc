"""What a route has to be in itself, so that edge and gateway can follow it. The kinds' schemas say most of it as well.

An object may be older than the schema: what is checked here holds all the same.
"""

from __future__ import annotations

import re

from platform_operator.routes.model import Route
from platform_operator.routes.paths import EXACT

# ingress-nginx refuses other characters in a path that is no expression.
_PATH = re.compile(r"/([A-Za-z0-9._-]+/)*([A-Za-z0-9._-]+)?")
_HOST = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_KEYED_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_AUTH = frozenset({"public", "optional", "required"})


def fault_of(route: Route) -> str:
    """Return why no edge or gateway could follow the route, in one sentence, or nothing."""
    return _fault_of_paths(route) or _fault_of_methods(route) or _fault_of_access(route)


def _fault_of_paths(route: Route) -> str:
    if not route.paths:
        return "The route has no paths."
    seen: set[tuple[str, str]] = set()
    for path in route.paths:
        elements = path.path.split("/")
        if not _PATH.fullmatch(path.path) or "." in elements or ".." in elements:
            return (
                f"The path {path.path} cannot be routed: use letters, digits, dot, dash and underscore between "
                "slashes, and no dot segments."
            )
        # a prefix with and without a slash at its end is the same prefix
        place = (path.type, path.path if path.type == EXACT else path.element)
        if place in seen:
            return f"The path {path.path} is listed twice; a slash at the end of a prefix makes no difference."
        seen.add(place)
    return ""


def _fault_of_methods(route: Route) -> str:
    if not route.methods or not set(route.methods) <= _METHODS:
        return f"The methods {', '.join(route.methods) or '(none)'} cannot be routed: name some of {_listed(_METHODS)}."
    keyed = set(route.idempotency.methods)
    if not keyed <= _KEYED_METHODS & set(route.methods):
        return "idempotency.methods names a method that is not among methods, or that has no key."
    return ""


def _fault_of_access(route: Route) -> str:
    if route.host and not _HOST.fullmatch(route.host):
        return f"The host {route.host} is not a host name in lower case."
    if route.auth not in _AUTH:
        return f"auth.mode is {route.auth}: it has to be public, optional or required."
    if route.roles and route.auth != "required":
        return "Roles need auth.mode: required."
    return ""


def _listed(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
