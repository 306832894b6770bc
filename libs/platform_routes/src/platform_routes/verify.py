"""The edge's sub-request to auth for a route."""

from __future__ import annotations

from platform_routes.model import Route
from platform_routes.platform import IDENTITY_HEADERS, Platform

# What the edge copies from auth's response onto the request, and removes where auth omits it.
RESPONSE_HEADERS = (*IDENTITY_HEADERS, "Authorization")

OPTIONAL_QUERY = "?optional=1"


def verify_query(route: Route) -> str:
    """Return the query of the sub-request, which contains the route's policy."""
    if route.auth == "optional":
        return OPTIONAL_QUERY
    # roles have no characters that a URL encodes
    return f"?{'&'.join(f'role={role}' for role in route.roles)}" if route.roles else ""


def verify_url(route: Route, platform: Platform) -> str:
    """Return the URL of the sub-request."""
    return platform.verify_url + verify_query(route)
