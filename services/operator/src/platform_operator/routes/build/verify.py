"""How the edge asks auth about a route."""

from __future__ import annotations

from platform_operator.routes.model import Route
from platform_operator.routes.platform import IDENTITY_HEADERS, Platform

# What the edge copies from auth's answer onto the request, and removes where auth omits it.
RESPONSE_HEADERS = (*IDENTITY_HEADERS, "Authorization")


def verify_url(route: Route, platform: Platform) -> str:
    """Return the URL of the sub-request: who may pass is in its query."""
    if route.auth == "optional":
        return f"{platform.verify_url}?optional=1"
    if route.roles:
        return f"{platform.verify_url}?{'&'.join(f'role={role}' for role in route.roles)}"
    return platform.verify_url
