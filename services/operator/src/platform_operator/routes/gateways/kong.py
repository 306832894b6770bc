"""Kong: Ingresses and KongPlugins in the route's namespace, which Kong Ingress Controller reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from platform_operator.kube.cluster import Cluster
from platform_operator.kube.kinds import INGRESS, KONG_PLUGIN, SERVICE
from platform_operator.routes.live import Live, ObjectId
from platform_operator.routes.state import State
from platform_operator.routes.writer import ObjectWriter
from platform_routes.kong import build_service_annotations
from platform_routes.model import Backend, Object, Route, RouteKey
from platform_routes.objects import build_kong
from platform_routes.platform import Platform

# How long Kong may take to follow a change (seconds); nothing reports it. 0.8 to 2.2 were measured.
FOLLOW_SECONDS = 5.0
# When to look again whether Kong has an Ingress that is new to it; the watch reports it earlier (seconds).
LOOK_SECONDS = 10.0

PLUGINS = "konghq.com/plugins"

# What a route of Kong opens: a host, a path, and whether it believes the identity that the request carries.
Opening = tuple[str, str, bool]


class KongGateway:
    """Kong as the gateway."""

    def __init__(
        self, cluster: Cluster, platform: Platform, state: State, writer: ObjectWriter, clock: Callable[[], float]
    ) -> None:
        self._cluster = cluster
        self._platform = platform
        self._state = state
        self._writer = writer
        self._clock = clock
        # when something was last removed from Kong, and when it was last added; unknown for earlier runs
        self._withdrawn: dict[RouteKey, float] = {}
        self._given: dict[RouteKey, float] = {}

    async def withdraw(self, key: RouteKey, to: Route | None) -> float:
        """Delete the Ingresses that open more than `to` allows. Raises ApiError."""
        wanted = build_kong(to, self._platform) if to else []
        kept = {_opening(body) for body in wanted}
        stale = [which for which, live in self._own(key) if to is None or _opens_other(which, live, kept)]
        for which in sorted(stale, key=lambda which: (which.kind == KONG_PLUGIN.kind, which)):
            await self._writer.remove(key, which)
        if stale:
            self._withdrawn[key] = self._clock()
        wait = self._rest(self._withdrawn, key)
        if not wait:
            self._withdrawn.pop(key, None)
        return wait

    async def program(self, route: Route, backend: Backend | None) -> float:
        """Write Kong's objects; none for a Service that no route can use. Raises ApiError and NameTaken."""
        if backend and backend.fault:
            # Kong would follow it: an ExternalName to wherever its author wants Kong to connect
            return await self.withdraw(route.key, None)
        if backend:
            await self.annotate_service(route.key.namespace, route.service, build_service_annotations(self._platform))
        wanted = build_kong(route, self._platform)
        changed = [body for body in wanted if await self._writer.write(route.key, body)]
        names = {ObjectId.from_body(body) for body in wanted}
        for which, _ in self._own(route.key):
            if which not in names:
                await self._writer.remove(route.key, which)
        if changed:
            self._given[route.key] = self._clock()
        # Kong Ingress Controller writes an address into the status of a new Ingress once every Kong has it
        own = self._own(route.key)
        has_all = all(live.has_address for which, live in own if which.kind == INGRESS.kind)
        return self._rest(self._given, route.key) or (0.0 if has_all else LOOK_SECONDS)

    def owns(self, which: ObjectId, live: Live) -> bool:
        """Tell whether an object is Kong's: a KongPlugin, or an Ingress that names some."""
        return which.kind == KONG_PLUGIN.kind or (which.kind == INGRESS.kind and PLUGINS in _annotations(live.read()))

    def faults(self, key: RouteKey) -> str:  # noqa: ARG002 (the other gateway needs it)
        """Return nothing: Kong does not report to the operator."""
        return ""

    async def annotate_service(self, namespace: str, name: str, annotations: dict[str, str]) -> None:
        """Set `annotations` on the Service, or without any restore its previous ones."""
        backend = self._state.backends.get((namespace, name))
        known = dict(backend.kong) if backend else {}
        if backend is None or (annotations.items() <= known.items() and backend.is_joined == bool(annotations)):
            return
        metadata = {"name": name, "namespace": namespace, "annotations": annotations}
        body = {"apiVersion": "v1", "kind": "Service", "metadata": metadata}
        self._state.put(SERVICE, await self._cluster.apply(SERVICE, body))

    def _own(self, key: RouteKey) -> list[tuple[ObjectId, Live]]:
        return [(which, live) for which, live in self._writer.live(key).items() if self.owns(which, live)]

    def _rest(self, since: dict[RouteKey, float], key: RouteKey) -> float:
        return max(0.0, since[key] + FOLLOW_SECONDS - self._clock()) if key in since else 0.0


def _opens_other(which: ObjectId, live: Live, kept: set[Opening | None]) -> bool:
    if which.kind != INGRESS.kind:
        return False
    try:
        return _opening(live.read()) not in {None, *kept}
    except (KeyError, ValueError):
        # not as it was made: someone has changed it, or made it with the route's labels
        return True


def _opening(body: Object) -> Opening | None:
    """Return what an Ingress of Kong opens; None if it rejects requests, or does not exist.

    Raises KeyError or ValueError for an Ingress that the operator did not make.
    """
    plugins = _annotations(body).get(PLUGINS, "").split(",")
    if not any(plugin.endswith("-sanitize") for plugin in plugins):
        return None
    (rule,) = body["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    return rule["host"], path["path"], not any(plugin.endswith("-no-identity") for plugin in plugins)


def _annotations(body: Object) -> dict[str, Any]:
    return dict(body["metadata"].get("annotations") or {})
