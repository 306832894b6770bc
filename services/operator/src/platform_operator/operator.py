"""The operator: its two controllers, leader election and resync."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import structlog

from platform_operator.clock import now
from platform_operator.keyring.controller import KeyRingController
from platform_operator.kube.cluster import Cluster
from platform_operator.kube.connection import connected
from platform_operator.kube.errors import ApiError
from platform_operator.kube.kinds import CLUSTER_ROLE, SIGNING_KEY_RING, Kind, managed_kinds
from platform_operator.leader_election import LeaderElector, Peer
from platform_operator.resync import ResyncTimer
from platform_operator.routes.controller import RouteController
from platform_operator.routes.gateways.server import serving
from platform_routes.model import Object
from platform_routes.platform import Owner, Platform

log = structlog.get_logger(__name__)

# Maximum backoff while the API server is unavailable at the start (seconds).
MAX_BACKOFF_SECONDS = 30.0


class Operator:
    """Handles watch events and reconciles the cluster."""

    def __init__(
        self, platform: Platform, resync_seconds: int, own: Peer | None = None, tables_at: tuple[str, int] | None = None
    ) -> None:
        self._platform = platform
        self._tables_at = tables_at
        self._own = own
        self._stack = AsyncExitStack()
        self._routes: RouteController | None = None
        self._rings: KeyRingController | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._is_leader = asyncio.Event()
        self._resync = ResyncTimer(resync_seconds)

    @property
    def managed_kinds(self) -> tuple[Kind, ...]:
        """The kinds of objects that the operator creates."""
        return managed_kinds(self._platform.edge.edge_class, self._platform.gateway.implementation)

    async def start(self) -> None:
        """List all objects, with retries, and start to work."""
        cluster = Cluster(await self._stack.enter_async_context(connected()))
        if self._own:
            elector = LeaderElector(cluster, self._own, self._resync_all, now)
            self._is_leader = elector.is_leader
            self._tasks.append(asyncio.create_task(elector.watch()))
        else:
            self._is_leader.set()
        pause = 1.0
        while True:
            try:
                await self._begin(cluster)
            except ApiError as error:
                log.warning("start_delayed", error=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(MAX_BACKOFF_SECONDS, pause * 2)
            else:
                break
        self._tasks.append(asyncio.create_task(self._resyncing()))

    async def _begin(self, cluster: Cluster) -> None:
        platform = await _with_owner(self._platform, cluster)
        routes = RouteController(cluster, platform, now, self._is_leader)
        rings = KeyRingController(cluster, platform.namespace, platform.object_name("auth"), now, self._is_leader)
        await routes.start()
        await rings.start()
        self._routes, self._rings = routes, rings
        if self._tables_at and platform.gateway.implementation == "standalone":
            await self._stack.enter_async_context(serving(*self._tables_at, routes.tables, routes.reports))
        self._resync.watch_restarted()
        log.info("started", routes=len(routes.state.routes), grants=len(routes.state.grants))

    async def stop(self) -> None:
        """Stop all work. Reconciliation is idempotent, so the next start completes it."""
        self._resync.stop()
        for task in self._tasks:
            task.cancel()
        for controller in (self._routes, self._rings):
            if controller:
                await controller.stop()
        await self._stack.aclose()

    def handle_event(self, kind: Kind, body: Object, gone: bool, initial: bool) -> None:
        """Handle a watch event. `initial`: from the list of a new watch, which reports no earlier deletions."""
        if self._routes is None or self._rings is None:
            return
        if initial:
            self._resync.watch_restarted()
        if kind == SIGNING_KEY_RING:
            self._rings.handle_event(body, gone)
        else:
            self._routes.handle_event(kind, body, gone)

    async def _resync_all(self) -> None:
        """List all objects again. Raises ApiError."""
        if self._routes and self._rings:
            await self._routes.resync()
            await self._rings.resync()

    async def _resyncing(self) -> None:
        while True:
            await self._resync.wait()
            if not self._is_leader.is_set():
                continue
            try:
                if self._routes:
                    await self._routes.resync()
            except ApiError as error:
                log.warning("resync_failed", error=str(error))


async def _with_owner(platform: Platform, cluster: Cluster) -> Platform:
    """Return `platform` with the owner of the operator's objects, read from the cluster. Raises ApiError."""
    if not platform.owner_name:
        return platform
    role = await cluster.get(CLUSTER_ROLE, None, platform.owner_name)
    return replace(platform, owner=Owner(platform.owner_name, role["metadata"]["uid"]))
