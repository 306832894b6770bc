"""One route brought to its state."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from platform_operator.kube.cluster import Cluster
from platform_operator.kube.events import build_event, tell
from platform_operator.kube.faults import ApiFault, Conflict, NotFound
from platform_operator.kube.kinds import NETWORK_POLICY, PROTECTED_ROUTE, SERVICE, kind_of
from platform_operator.routes.build.kong import build_service_annotations
from platform_operator.routes.build.objects import build_objects
from platform_operator.routes.build.standalone import build_entry
from platform_operator.routes.decisions import Verdict
from platform_operator.routes.live import ObjectId
from platform_operator.routes.model import Backend, Object, Route, RouteKey
from platform_operator.routes.platform import Platform
from platform_operator.routes.state import State
from platform_operator.routes.status import ACCEPTED, PROGRAMMED, READY, Condition, build_status, news
from platform_operator.routes.table import TableWriter

# The API server will not take the object, however often it is asked.
REFUSALS = {400, 403, 422}


class RouteReconciler:
    """Writes what a route stands for, removes what it does not, and says so in its status."""

    def __init__(
        self, cluster: Cluster, platform: Platform, state: State, table: TableWriter | None, now: Callable[[], str]
    ) -> None:
        self._cluster = cluster
        self._platform = platform
        self._state = state
        self._table = table
        self._now = now

    async def reconcile(self, key: RouteKey, verdict: Verdict | None) -> bool:
        """Bring one route to its state; False: the gateway's table has to be written first. Raises ApiFault."""
        route = self._state.routes.get(key)
        if route is None or verdict is None:
            await self._remove(key, set())
            return self._entry(key, None)
        accepted = Condition(ACCEPTED, verdict.accepted, verdict.reason, verdict.message)
        if not verdict.accepted:
            await self._remove(key, set())
            written = self._entry(key, None)
            await self._say(route, accepted, Condition(PROGRAMMED, False, "NotAccepted", verdict.message))
            return written
        backend = self._state.backends.get((key.namespace, route.service))
        try:
            await self._write(route, backend)
        except ApiFault as fault:
            if fault.status in REFUSALS:
                refused = f"The API server refused an object of the route: {fault}"
                await self._say(route, accepted, Condition(PROGRAMMED, False, "Refused", refused))
            raise
        if not self._entry(key, build_entry(route, self._platform, backend)):
            return False
        await self._say(route, accepted, _programmed(route, backend))
        return True

    def _entry(self, key: RouteKey, entry: Object | None) -> bool:
        return self._table is None or self._table.hold(key, entry)

    async def _write(self, route: Route, backend: Backend | None) -> None:
        wanted: set[ObjectId] = set()
        for body in build_objects(route, self._platform, backend):
            which = ObjectId.of(body)
            wanted.add(which)
            live = self._state.live.get(route.key, {}).get(which)
            if live is None or not live.fulfils(body):
                answer = await self._cluster.apply(kind_of(body), body)
                self._state.put(kind_of(body), answer)
        if backend and self._platform.gateway.implementation == "kong":
            await self.settle_service(route.key.namespace, route.service, build_service_annotations(self._platform))
        usable = any(which.kind == NETWORK_POLICY.kind for which in wanted)
        await self._remove(route.key, wanted, but_policies=self._platform.network_policies and not usable)

    async def settle_service(self, namespace: str, name: str, annotations: dict[str, str]) -> None:
        """Have the Service say to Kong what `annotations` say; none: what it said before the route came."""
        backend = self._state.backends.get((namespace, name))
        known = dict(backend.kong) if backend else {}
        if backend is None or (annotations.items() <= known.items() and backend.is_joined == bool(annotations)):
            return
        metadata = {"name": name, "namespace": namespace, "annotations": annotations}
        body = {"apiVersion": "v1", "kind": "Service", "metadata": metadata}
        self._state.put(SERVICE, await self._cluster.apply(SERVICE, body))

    async def _remove(self, key: RouteKey, wanted: set[ObjectId], but_policies: bool = False) -> None:
        """Remove a route's objects that are not wanted: the way in first, what closes the service last."""
        spare = [which for which in self._state.live.get(key, {}) if which not in wanted]
        for which in sorted(spare, key=lambda which: (which.kind == NETWORK_POLICY.kind, which)):
            if but_policies and which.kind == NETWORK_POLICY.kind:
                continue
            kind = kind_of({"apiVersion": which.api_version, "kind": which.kind})
            with suppress(NotFound):
                await self._cluster.delete(kind, which.namespace, which.name)
            self._state.forget(which)

    async def _say(self, route: Route, accepted: Condition, programmed: Condition) -> None:
        before = self._state.statuses.get(route.key, {})
        conditions = (accepted, programmed, self._ready(route, accepted, programmed))
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
            # it is gone, or another one of the same name: watching tells
            return
        self._state.put(PROTECTED_ROUTE, body)
        for item in news(before, status):
            await tell(self._cluster, self._event(route, item))

    def _ready(self, route: Route, accepted: Condition, programmed: Condition) -> Condition:
        if not accepted.holds or not programmed.holds:
            return Condition(READY, False, (programmed if accepted.holds else accepted).reason, programmed.message)
        if not self._state.has_endpoints((route.key.namespace, route.service)):
            return Condition(READY, False, "NoEndpoints", f"No pod of the Service {route.service} is ready.")
        return Condition(READY, True, "Ready", "Requests reach the service.")

    def _event(self, route: Route, item: Object) -> Object:
        good = item["status"] == "True"
        reason = item["reason"] if not good or item["type"] == item["reason"] else item["type"]
        return build_event(
            PROTECTED_ROUTE, route.key.namespace, route.key.name, route.uid, reason, item["message"], good, self._now()
        )


def _programmed(route: Route, backend: Backend | None) -> Condition:
    if backend is None:
        message = f"There is no Service {route.service} in the namespace {route.key.namespace}."
        return Condition(PROGRAMMED, False, "BackendNotFound", message)
    if backend.fault:
        message = f"The Service {route.service} cannot be used: {backend.fault}."
        return Condition(PROGRAMMED, False, "BackendUnusable", message)
    if backend.target(int(route.port)) is None:
        return Condition(PROGRAMMED, False, "PortNotFound", f"The Service {route.service} has no port {route.port}.")
    return Condition(PROGRAMMED, True, "Programmed", "The edge, the gateway and the network follow the route.")
