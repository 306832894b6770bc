"""What a gateway is to the operator.

The invariant that every change keeps: the gateway has no path of a route that the edge does not check as the route
says. So the gateway is the last to open and the first to close.
"""

from __future__ import annotations

from typing import Protocol

from platform_operator.routes.live import Live, ObjectId
from platform_routes.model import Backend, Route, RouteKey


class GatewayFull(Exception):
    """There is no room for the route; the message is for its author."""


class Gateway(Protocol):
    """Both methods return the seconds after which to call again, or 0 once the gateway has applied the change."""

    async def withdraw(self, key: RouteKey, to: Route | None) -> float:
        """Remove what `to` does not allow from the gateway: paths, host, trust in identity. None removes everything."""

    async def program(self, route: Route, backend: Backend | None) -> float:
        """Have the gateway send the route's requests to its service. Raises GatewayFull."""

    def owns(self, which: ObjectId, live: Live) -> bool:
        """Tell whether an object of a route is the gateway's and not the edge's."""

    def faults(self, key: RouteKey) -> str:
        """Return the gateway's reason to reject the route, or nothing."""
