"""Reconciles the cluster with the routes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog

from platform_operator import metrics
from platform_operator.clock import rfc3339
from platform_operator.kube.cluster import Cluster
from platform_operator.kube.errors import ApiError, NotFound
from platform_operator.kube.kinds import (
    ENDPOINT_SLICE,
    MANAGED_KINDS,
    PROTECTED_ROUTE,
    ROUTE_GRANT,
    SERVICE,
    Kind,
    managed_kinds,
)
from platform_operator.queue import WorkQueue
from platform_operator.routes.decisions import Admission, admit_routes
from platform_operator.routes.edge import Edge
from platform_operator.routes.gateways.gateway import Gateway
from platform_operator.routes.gateways.kong import KongGateway
from platform_operator.routes.gateways.reports import GatewayReports
from platform_operator.routes.gateways.standalone import StandaloneGateway
from platform_operator.routes.reconcile import RouteReconciler
from platform_operator.routes.state import State
from platform_operator.routes.tables import Tables
from platform_operator.routes.writer import ObjectWriter
from platform_routes.metadata import MANAGED_BY, MANAGER
from platform_routes.model import Object, RouteKey
from platform_routes.platform import Platform

log = structlog.get_logger(__name__)

# Objects of routes, wherever they are.
MANAGED_SELECTOR = f"{MANAGED_BY}={MANAGER}"
# How long events are collected before admission runs again, and before the gateway's tables are written (seconds).
SETTLE_SECONDS = 0.1
TABLE_SECONDS = 0.5


@dataclass(frozen=True)
class GrantKey:
    """Which grant."""

    name: str


@dataclass(frozen=True)
class TableKey:
    """The standalone gateway's route tables, which are written together."""


@dataclass(frozen=True)
class ServiceKey:
    """Services that were annotated for Kong and have no route any more."""

    namespace: str
    name: str


Key = RouteKey | GrantKey | TableKey | ServiceKey
TABLE = TableKey()


class RouteController:
    """Observes the cluster, admits routes, and reconciles each of them."""

    def __init__(
        self, cluster: Cluster, platform: Platform, now: Callable[[], datetime], is_leader: asyncio.Event
    ) -> None:
        self.state = State(platform.namespace)
        self.admissions: dict[RouteKey, Admission] = {}
        self._cluster = cluster
        self._platform = platform
        self._kinds = managed_kinds(platform.edge.edge_class, platform.gateway.implementation)
        self.queue: WorkQueue[Key] = WorkQueue(self._work, is_leader)
        self.tables = Tables(cluster, platform)
        self.reports = GatewayReports(platform, self._wake)
        writer = ObjectWriter(cluster, self.state)
        self._kong = KongGateway(cluster, platform, self.state, writer, time.monotonic)
        self._is_standalone = platform.gateway.implementation == "standalone"
        gateway: Gateway = self._kong
        if self._is_standalone:
            gateway = StandaloneGateway(platform, self.tables, self.reports, writer, self._write_soon)
        edge = Edge(platform, writer, gateway, time.monotonic)
        self._reconciler = RouteReconciler(
            cluster,
            platform,
            self.state,
            writer,
            edge,
            gateway,
            lambda: rfc3339(now()),
            self._is_gateway_up,
            time.monotonic,
        )
        self._dirty: set[RouteKey] = set()
        self._needs_decision = False
        self._settling: asyncio.TimerHandle | None = None
        self._table_due = False

    @property
    def watched(self) -> tuple[Kind, ...]:
        """The kinds of objects that the operator creates."""
        return self._kinds

    async def start(self) -> None:
        """Learn everything, and begin to work. Raises ApiError."""
        await self.resync()
        self.queue.start()

    async def stop(self) -> None:
        """End all work."""
        if self._settling:
            self._settling.cancel()
        await self.queue.stop()

    async def resync(self) -> None:
        """List everything again and reconcile every route, to repair missed events. Raises ApiError."""
        if self._is_standalone:
            await self.tables.load()
        for kind in (ROUTE_GRANT, SERVICE, ENDPOINT_SLICE):
            await self._resync_kind(kind)
        for kind in MANAGED_KINDS:
            # of another edge or gateway than this one there may be objects of before, or not even the kind
            with suppress(NotFound):
                await self._resync_kind(kind, MANAGED_SELECTOR)
        await self._resync_kind(PROTECTED_ROUTE)
        self._needs_decision = True
        self._dirty |= self.state.routes.keys() | self.state.live.keys() | self.tables.routes()
        self._flush()

    async def _resync_kind(self, kind: Kind, selector: str = "") -> None:
        bodies, version = await self._cluster.list_all(kind, selector=selector)
        if kind == ENDPOINT_SLICE:
            for body in bodies:
                self.reports.handle_event(body, gone=False)
        self.state.replace(kind, bodies, version)

    def handle_event(self, kind: Kind, body: Object, gone: bool) -> None:
        """Handle an event of one object."""
        if kind == ENDPOINT_SLICE and self.reports.handle_event(body, gone):
            self._wake(self.state.routes)
        before = self.state.owner(kind, body)
        if not (self.state.drop(kind, body) if gone else self.state.put(kind, body)):
            return
        if kind in {PROTECTED_ROUTE, ROUTE_GRANT}:
            self._needs_decision = True
        self._dirty |= self.state.concerned(kind, body) | ({before} if before else set())
        if self._settling is None:
            self._settling = asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._flush)

    def _flush(self) -> None:
        self._settling = None
        if self._needs_decision:
            self._needs_decision = False
            self._decide()
            self._release_services()
        for key in sorted(self._dirty):
            self.queue.add(key)
        self._dirty.clear()

    def _decide(self) -> None:
        before, state = self.admissions, self.state
        self.admissions = admit_routes(state.routes.values(), state.grants.values(), self._platform)
        self._dirty |= {key for key, admission in self.admissions.items() if before.get(key) != admission}
        self._dirty |= before.keys() - self.admissions.keys()
        accepted = sum(admission.accepted for admission in self.admissions.values())
        metrics.routes.labels("true").set(accepted)
        metrics.routes.labels("false").set(len(self.admissions) - accepted)
        for name in state.grants:
            self.queue.add(GrantKey(name))

    def _release_services(self) -> None:
        if self._is_standalone:
            # annotations from when Kong was the gateway stay: without Kong the operator may not change Services
            return
        for (namespace, name), backend in self.state.backends.items():
            if backend.is_joined and not self._is_used(namespace, name):
                self.queue.add(ServiceKey(namespace, name))

    def _is_used(self, namespace: str, name: str) -> bool:
        keys = self.state.routes_to((namespace, name))
        return any(self.admissions[key].accepted for key in keys if key in self.admissions)

    async def _work(self, key: Key) -> None:
        kind = type(key).__name__.removesuffix("Key").lower()
        began = time.perf_counter()
        try:
            if isinstance(key, RouteKey):
                await self._route(key)
            elif isinstance(key, GrantKey):
                await self._grant(key.name)
            elif isinstance(key, ServiceKey):
                if not self._is_used(key.namespace, key.name):
                    await self._kong.annotate_service(key.namespace, key.name, {})
            else:
                await self._write_tables()
        except ApiError:
            metrics.reconciles.labels(kind, "error").inc()
            raise
        metrics.reconciles.labels(kind, "success").inc()
        metrics.duration.labels(kind).observe(time.perf_counter() - began)

    async def _route(self, key: RouteKey) -> None:
        if wait := await self._reconciler.reconcile(key, self.admissions.get(key)):
            self.queue.add_later(key, wait)

    def _write_soon(self) -> None:
        """Write the tables, together with the changes of routes that are reconciled at the same time."""
        if not self._table_due:
            self._table_due = True
            self.queue.add_later(TABLE, TABLE_SECONDS)

    async def _write_tables(self) -> None:
        self._table_due = False
        news, failed = await self.tables.write()
        self._wake(news)
        if failed:
            self._table_due = True
            raise failed

    def _wake(self, keys: Iterable[RouteKey]) -> None:
        for key in sorted(keys):
            self.queue.add(key)

    def _is_gateway_up(self) -> bool:
        return not self._is_standalone or bool(self.reports.addresses)

    async def _grant(self, name: str) -> None:
        grant = self.state.grants.get(name)
        if grant is None:
            return
        granting = sum(name in admission.grants for admission in self.admissions.values() if admission.accepted)
        status = {"observedGeneration": grant.generation, "routes": granting}
        if status == self.state.grant_statuses.get(name):
            return
        try:
            body = await self._cluster.merge(ROUTE_GRANT, None, name, {"status": status}, "status")
        except NotFound:
            return
        self.state.put(ROUTE_GRANT, body)
