"""The edge's objects of a route, which authenticate requests by auth."""

from __future__ import annotations

from collections.abc import Callable

from platform_operator.kube.kinds import INGRESS, INGRESS_ROUTE, KONG_PLUGIN, MIDDLEWARE
from platform_operator.routes.gateways.gateway import Gateway
from platform_operator.routes.live import ObjectId
from platform_operator.routes.writer import ObjectWriter
from platform_routes.model import Object, Route, RouteKey
from platform_routes.objects import build_edge
from platform_routes.platform import Platform

# How long the edge may take to apply a change (seconds): Traefik collects events for 2, ingress-nginx for about 3.
FOLLOW_SECONDS = 4.0

# Kinds that accept requests; a Middleware alone has no effect.
_ENTRIES = {INGRESS.kind, INGRESS_ROUTE.kind}
# KongPlugins are the edge's to remove, as Kong's Ingresses are, when Kong is no longer the gateway.
_KINDS = {*_ENTRIES, MIDDLEWARE.kind, KONG_PLUGIN.kind}


class Edge:
    """The edge, by its objects in the platform's namespace."""

    def __init__(self, platform: Platform, writer: ObjectWriter, gateway: Gateway, clock: Callable[[], float]) -> None:
        self._platform = platform
        self._writer = writer
        self._gateway = gateway
        self._clock = clock
        self._changed: dict[RouteKey, float] = {}

    def build(self, route: Route) -> list[Object]:
        """Return the wanted objects of the route."""
        return build_edge(route, self._platform)

    def has_other_entries(self, key: RouteKey, wanted: list[Object]) -> bool:
        """Return whether the edge still accepts requests of the route by an obsolete object."""
        return any(which.kind in _ENTRIES for which in self._stale(key, wanted))

    async def write(self, key: RouteKey, wanted: list[Object]) -> None:
        """Write the objects. Raises ApiError and NameTaken."""
        for body in wanted:
            if await self._writer.write(key, body):
                self._changed[key] = self._clock()

    async def remove_other_entries(self, key: RouteKey, wanted: list[Object]) -> None:
        """Delete obsolete objects by which the edge accepts requests. Raises ApiError."""
        for which in self._stale(key, wanted):
            if which.kind in _ENTRIES:
                await self._writer.remove(key, which)

    async def remove_others(self, key: RouteKey, wanted: list[Object]) -> None:
        """Delete all obsolete objects, those that refer to Middlewares first. Raises ApiError."""
        await self.remove_other_entries(key, wanted)
        for which in self._stale(key, wanted):
            await self._writer.remove(key, which)

    def settling(self, key: RouteKey) -> float:
        """Return how long the edge may still use its previous configuration (seconds)."""
        if key not in self._changed:
            return 0.0
        wait = max(0.0, self._changed[key] + FOLLOW_SECONDS - self._clock())
        if not wait:
            del self._changed[key]
        return wait

    def _stale(self, key: RouteKey, wanted: list[Object]) -> list[ObjectId]:
        names = {ObjectId.from_body(body) for body in wanted}
        return [
            which
            for which, live in sorted(self._writer.live(key).items(), key=lambda item: item[0])
            if which.kind in _KINDS and which not in names and not self._gateway.owns(which, live)
        ]
