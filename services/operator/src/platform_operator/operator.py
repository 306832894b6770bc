"""The operator as a whole: its two controllers, and what keeps them in step with the cluster."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import structlog

from platform_operator.clock import now
from platform_operator.keyring.controller import KeyRingController
from platform_operator.kube.cluster import Cluster
from platform_operator.kube.connection import connected
from platform_operator.kube.faults import ApiFault
from platform_operator.kube.kinds import CLUSTER_ROLE, SIGNING_KEY_RING, Kind, managed_kinds
from platform_operator.peers import Peer, Peers
from platform_operator.resync import Resync
from platform_operator.routes.controller import RouteController
from platform_operator.routes.gateways.server import serving
from platform_operator.routes.model import Object
from platform_operator.routes.platform import Owner, Platform

log = structlog.get_logger(__name__)

# How long to wait for an API server that does not answer at the start, at most (seconds).
LONGEST_PAUSE = 30.0


class Operator:
    """Is told what happens in the cluster, and answers with changes to it."""

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
        self._leads = asyncio.Event()
        self._resync = Resync(resync_seconds)

    @property
    def managed_kinds(self) -> tuple[Kind, ...]:
        """The kinds of objects that the operator makes."""
        return managed_kinds(self._platform.edge.edge_class, self._platform.gateway.implementation)

    async def start(self) -> None:
        """Learn how the cluster stands, however often that takes, and begin to work."""
        cluster = Cluster(await self._stack.enter_async_context(connected()))
        if self._own:
            peers = Peers(cluster, self._own, self._learn, now)
            self._leads = peers.leads
            self._tasks.append(asyncio.create_task(peers.watch()))
        else:
            self._leads.set()
        pause = 1.0
        while True:
            try:
                await self._begin(cluster)
            except ApiFault as fault:
                log.warning("start_delayed", error=str(fault), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            else:
                break
        self._tasks.append(asyncio.create_task(self._resyncing()))

    async def _begin(self, cluster: Cluster) -> None:
        platform = await _owned(self._platform, cluster)
        routes = RouteController(cluster, platform, now, self._leads)
        rings = KeyRingController(cluster, platform.namespace, platform.part("auth"), now, self._leads)
        await routes.start()
        await rings.start()
        self._routes, self._rings = routes, rings
        if self._tables_at and platform.gateway.implementation == "standalone":
            await self._stack.enter_async_context(serving(*self._tables_at, routes.tables, routes.reports))
        self._resync.listed()
        log.info("started", routes=len(routes.state.routes), grants=len(routes.state.grants))

    async def stop(self) -> None:
        """End all work; what is half done is done again by the next one."""
        self._resync.stop()
        for task in self._tasks:
            task.cancel()
        for controller in (self._routes, self._rings):
            if controller:
                await controller.stop()
        await self._stack.aclose()

    def tell(self, kind: Kind, body: Object, gone: bool, listed: bool) -> None:
        """Take news of one object. `listed`: a watch has begun anew, and nobody tells what went before that."""
        if self._routes is None or self._rings is None:
            return
        if listed:
            self._resync.listed()
        if kind == SIGNING_KEY_RING:
            self._rings.tell(body, gone)
        else:
            self._routes.tell(kind, body, gone)

    async def _learn(self) -> None:
        """Learn everything anew: what watches do not tell of is known as well. Raises ApiFault."""
        if self._routes and self._rings:
            await self._routes.learn()
            await self._rings.learn()

    async def _resyncing(self) -> None:
        while True:
            await self._resync.wait()
            if not self._leads.is_set():
                continue
            try:
                if self._routes:
                    await self._routes.learn()
            except ApiFault as fault:
                log.warning("resync_failed", error=str(fault))


async def _owned(platform: Platform, cluster: Cluster) -> Platform:
    """Return `platform` with the owner of what the operator makes, as it is in the cluster. Raises ApiFault."""
    if not platform.owner_name:
        return platform
    role = await cluster.get(CLUSTER_ROLE, None, platform.owner_name)
    return replace(platform, owner=Owner(platform.owner_name, role["metadata"]["uid"]))
