"""One route brought to its state, in an order that never leaves a way open without its check.

Opening: the service's pods are closed, then the edge asks auth, and at last the gateway sends requests on. Closing: the
gateway first, the edge when the gateway is known to have followed, the pods last. A change that removes something is
both: the gateway is reduced to what stays, the edge changed, the gateway given the rest.
"""

from __future__ import annotations

from collections.abc import Callable

from platform_operator.kube.cluster import Cluster
from platform_operator.kube.errors import ApiError, Conflict, NotFound
from platform_operator.kube.events import build_event, emit_event
from platform_operator.kube.kinds import NETWORK_POLICY, PROTECTED_ROUTE
from platform_operator.routes.decisions import Admission
from platform_operator.routes.edge import Edge
from platform_operator.routes.gateways.gateway import Gateway, GatewayFull
from platform_operator.routes.live import ObjectId
from platform_operator.routes.state import State
from platform_operator.routes.status import (
    ACCEPTED,
    PENDING,
    PROGRAMMED,
    READY,
    Condition,
    build_status,
    is_ready,
    new_conditions,
)
from platform_operator.routes.writer import NameTaken, ObjectWriter
from platform_routes.model import Backend, Object, Route, RouteKey
from platform_routes.objects import build_ingress_policies
from platform_routes.platform import Platform

# The API server will not take the object, however often it is asked.
REFUSALS = {400, 403, 422}
# When to try again what only others can change (seconds).
RETRY_SECONDS = 60.0
# How long NetworkPolicies may take to be followed for a pod that has just become ready (seconds).
NETWORK_SECONDS = 3.0


class RouteReconciler:
    """Writes the objects of a route, deletes obsolete ones, and updates its status."""

    def __init__(
        self,
        cluster: Cluster,
        platform: Platform,
        state: State,
        writer: ObjectWriter,
        edge: Edge,
        gateway: Gateway,
        now: Callable[[], str],
        is_gateway_up: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._cluster = cluster
        self._platform = platform
        self._state = state
        self._writer = writer
        self._edge = edge
        self._gateway = gateway
        self._now = now
        self._is_gateway_up = is_gateway_up
        self._clock = clock
        # The time since a Service has had a ready pod, if this operator has seen it without one.
        self._ready_since: dict[tuple[str, str], float] = {}

    async def reconcile(self, key: RouteKey, admission: Admission | None) -> float:
        """Bring one route further to its state; return after how many seconds to go on, 0 once it is there.

        Raises ApiError.
        """
        route = self._state.routes.get(key)
        if route is None or admission is None:
            return await self._leave(key)
        accepted = Condition(ACCEPTED, admission.accepted, admission.reason, admission.message)
        if not admission.accepted:
            await self._update_status(route, accepted, Condition(PROGRAMMED, False, "NotAccepted", admission.message))
            return await self._leave(key)
        backend = self._state.backends.get((key.namespace, route.service))
        try:
            wait = await self._follow(route, backend)
        except NameTaken as taken:
            await self._gateway.withdraw(key, None)
            await self._update_status(route, accepted, Condition(PROGRAMMED, False, "NameTaken", str(taken)))
            return RETRY_SECONDS
        except GatewayFull as full:
            await self._update_status(route, accepted, Condition(PROGRAMMED, False, "GatewayFull", str(full)))
            return RETRY_SECONDS
        except ApiError as error:
            if error.status in REFUSALS:
                refused = f"The API server refused an object of the route: {error}"
                await self._update_status(route, accepted, Condition(PROGRAMMED, False, "Refused", refused))
            raise
        programmed = self._programmed(route, backend, wait)
        # pods that have just become ready are reached when the network has followed as well
        wait = wait or self._network_lag(route)
        await self._update_status(route, accepted, programmed, is_settling=wait > 0)
        return wait

    def _network_lag(self, route: Route) -> float:
        """Return how long the network may still block the gateway from the service's first pod (seconds)."""
        service = (route.key.namespace, route.service)
        if not self._state.has_endpoints(service):
            self._ready_since.pop(service, None)
            return 0.0
        if is_ready(self._state.statuses.get(route.key, {})):
            return 0.0
        since = self._ready_since.setdefault(service, self._clock())
        return max(0.0, since + NETWORK_SECONDS - self._clock())

    async def _leave(self, key: RouteKey) -> float:
        """Delete everything: first the gateway's route, then the edge's check, the pods' network policy last."""
        if wait := await self._gateway.withdraw(key, None):
            return wait
        await self._edge.remove_others(key, [])
        await self._remove_policies(key, [])
        return 0

    async def _follow(self, route: Route, backend: Backend | None) -> float:
        key = route.key
        closing = build_ingress_policies(route, self._platform, backend)
        for body in closing:
            await self._writer.write(key, body)
        wanted = self._edge.build(route)
        replaced = self._edge.has_other_entries(key, wanted)
        if wait := await self._gateway.withdraw(key, None if replaced else route):
            return wait
        await self._check_first(key, wanted)
        if wait := self._edge.settling(key):
            return wait
        wait = await self._gateway.program(route, backend)
        if closing or not self._platform.network_policies:
            await self._remove_policies(key, closing)
        return wait

    async def _check_first(self, key: RouteKey, wanted: list[Object]) -> None:
        """Configure the edge's check of the route; the gateway is opened only after the edge has applied it."""
        # the entry with the old name is deleted first: ingress-nginx accepts no second one for a path
        await self._edge.remove_other_entries(key, wanted)
        try:
            await self._edge.write(key, wanted)
        except (ApiError, NameTaken):
            await self._gateway.withdraw(key, None)
            raise
        await self._edge.remove_others(key, wanted)

    async def _remove_policies(self, key: RouteKey, wanted: list[Object]) -> None:
        names = {ObjectId.from_body(body) for body in wanted}
        for which, live in self._writer.live(key).items():
            if which.kind == NETWORK_POLICY.kind and which not in names and not self._gateway.owns(which, live):
                await self._writer.remove(key, which)

    async def _update_status(
        self, route: Route, accepted: Condition, programmed: Condition, is_settling: bool = False
    ) -> None:
        before = self._state.statuses.get(route.key, {})
        conditions = (accepted, programmed, self._ready(route, accepted, programmed, is_settling))
        status = build_status(route, self._platform, conditions, before, self._now())
        if status == before:
            return
        metadata = {"resourceVersion": None} if not route.uid else {"uid": route.uid}
        try:
            body = await self._cluster.merge(
                PROTECTED_ROUTE,
                route.key.namespace,
                route.key.name,
                {"metadata": metadata, "status": status},
                "status",
            )
        except (NotFound, Conflict):
            # it is gone, or another one of the same name: the watch reports it
            return
        self._state.put(PROTECTED_ROUTE, body)
        for item in new_conditions(before, status):
            await emit_event(self._cluster, self._event(route, item))

    def _ready(self, route: Route, accepted: Condition, programmed: Condition, is_settling: bool) -> Condition:
        if not accepted.holds or not programmed.holds:
            return Condition(READY, False, (programmed if accepted.holds else accepted).reason, programmed.message)
        if not self._state.has_endpoints((route.key.namespace, route.service)):
            return Condition(READY, False, "NoEndpoints", f"No pod of the Service {route.service} is ready.")
        if not self._is_gateway_up():
            return Condition(READY, False, "GatewayNotReady", "No pod of the gateway is ready.")
        if is_settling:
            return Condition(READY, False, PENDING, "The service has a ready pod; the network is about to follow.")
        return Condition(READY, True, "Ready", "Requests reach the service.")

    def _event(self, route: Route, item: Object) -> Object:
        good = item["status"] == "True"
        reason = item["reason"] if not good or item["type"] == item["reason"] else item["type"]
        return build_event(
            PROTECTED_ROUTE, route.key.namespace, route.key.name, route.uid, reason, item["message"], good, self._now()
        )

    def _programmed(self, route: Route, backend: Backend | None, wait: float) -> Condition:
        if refusal := self._gateway.faults(route.key):
            return Condition(PROGRAMMED, False, "GatewayRefused", f"The gateway refuses the route: {refusal}")
        if wait:
            return Condition(PROGRAMMED, False, PENDING, "The edge and the gateway are about to follow the route.")
        return _usable(route, backend)


def _usable(route: Route, backend: Backend | None) -> Condition:
    if backend is None:
        message = f"There is no Service {route.service} in the namespace {route.key.namespace}."
        return Condition(PROGRAMMED, False, "BackendNotFound", message)
    if backend.fault:
        message = f"The Service {route.service} cannot be used: {backend.fault}."
        return Condition(PROGRAMMED, False, "BackendUnusable", message)
    if backend.target(int(route.port)) is None:
        return Condition(PROGRAMMED, False, "PortNotFound", f"The Service {route.service} has no port {route.port}.")
    return Condition(PROGRAMMED, True, "Programmed", "The edge, the gateway and the network follow the route.")
