"""Leader election among several operators, by kopf's peering.

kopf stops delivering events while a peer of a higher priority is alive. The work queues are the operator's own, so they
pause by the same rule here. The priority is the time of the start: the operator that started last leads at once, even
if its predecessor was killed and could not unregister.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from platform_operator import metrics
from platform_operator.kube.cluster import Cluster
from platform_operator.kube.errors import ApiError, NotFound
from platform_operator.kube.kinds import CLUSTER_KOPF_PEERING
from platform_routes.model import Object

log = structlog.get_logger(__name__)

# Interval at which the peering is read (seconds), and how long a peer's record is valid without a renewal (seconds).
POLL_SECONDS = 5.0
LIFETIME_SECONDS = 60


def _start_time() -> int:
    # in microseconds, because two peers of the same priority would both wait
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Peer:
    """An operator: the name of its ClusterKopfPeering, its identity there, and its priority."""

    peering: str
    identity: str
    priority: int = field(default_factory=_start_time)


class LeaderElector:
    """Keeps `is_leader` set while this operator is the leader."""

    def __init__(
        self, cluster: Cluster, own: Peer, resume: Callable[[], Awaitable[None]], now: Callable[[], datetime]
    ) -> None:
        self._cluster = cluster
        self._own = own
        self._resume = resume
        self._now = now
        self._is_missing = False
        self.is_leader = asyncio.Event()
        self.is_leader.set()
        metrics.leader.set(1)

    async def watch(self) -> None:
        """Poll until cancelled."""
        while True:
            # without the API server no leader can change anything
            with suppress(ApiError):
                await self.poll()
            await asyncio.sleep(POLL_SECONDS)

    async def poll(self) -> None:
        """Read the peering and update `is_leader`; on ApiError nothing changes.

        Calls `resume`, which resyncs, before this operator becomes the leader.
        """
        try:
            body = await self._cluster.get(CLUSTER_KOPF_PEERING, None, self._own.peering)
        except NotFound:
            # without the peering object, peers are unknown: run as leader
            body = {}
            self._log_missing()
        else:
            self._is_missing = False
        leaders = higher_priority_peers(body.get("status") or {}, self._own, self._now())
        if leaders and self.is_leader.is_set():
            self.is_leader.clear()
            metrics.leader.set(0)
            log.warning("leadership_lost", leaders=leaders)
        elif not leaders and not self.is_leader.is_set():
            await self._resume()
            self.is_leader.set()
            metrics.leader.set(1)
            log.warning("leadership_acquired")

    def _log_missing(self) -> None:
        if not self._is_missing:
            self._is_missing = True
            name = self._own.peering
            log.warning(
                "peering_missing",
                error=f"The ClusterKopfPeering {name} does not exist: running without leader election.",
            )


def higher_priority_peers(status: Object, own: Peer, now: datetime) -> list[str]:
    """Return the identities of live peers with at least the priority of `own`, from a ClusterKopfPeering's status."""
    found = []
    for identity, record in status.items():
        if identity == own.identity:
            continue
        with suppress(ValueError, TypeError, KeyError, OverflowError):
            seen = datetime.fromisoformat(record["lastseen"])
            seen = seen if seen.tzinfo else seen.replace(tzinfo=UTC)
            is_alive = seen + timedelta(seconds=int(record["lifetime"])) > now
            if is_alive and int(record["priority"]) >= own.priority:
                found.append(identity)
    return sorted(found)


def host_identity() -> str:
    """Return the host name; in a pod it is the pod's name, so a restarted container is the same peer."""
    return os.uname().nodename
