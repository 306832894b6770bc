"""Which of several operators works: kopf's peering, for what kopf does not pause itself.

kopf stops telling of events while a peer of a higher priority lives. The queues are the operator's own, so they wait by
the same rule here. The priority is the moment of the start: who comes later leads at once, also after one that
was killed and could not take its leave.
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
from platform_operator.kube.faults import ApiFault, NotFound
from platform_operator.kube.kinds import CLUSTER_KOPF_PEERING
from platform_operator.routes.model import Object

log = structlog.get_logger(__name__)

# How often the peers are looked at (seconds), and how long a record of one counts without a sign of life.
LOOK_SECONDS = 5.0
LIFETIME_SECONDS = 60


def _moment() -> int:
    # in microseconds: two that are started together must not be equals, who would both wait
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Peer:
    """This operator, as its peers know it: the name of their ClusterKopfPeering, its own name there, its priority."""

    peering: str
    identity: str
    priority: int = field(default_factory=_moment)


class Peers:
    """Keeps `leads` set while this operator is the one that works."""

    def __init__(
        self, cluster: Cluster, own: Peer, resume: Callable[[], Awaitable[None]], now: Callable[[], datetime]
    ) -> None:
        self._cluster = cluster
        self._own = own
        self._resume = resume
        self._now = now
        self._is_missing = False
        self.leads = asyncio.Event()
        self.leads.set()
        metrics.leading.set(1)

    async def watch(self) -> None:
        """Look every few seconds, for ever."""
        while True:
            # with the API server away nobody changes anything, whoever leads
            with suppress(ApiFault):
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look once. Raises ApiFault, and changes nothing then.

        Before the work goes on, `resume` learns what has happened meanwhile.
        """
        try:
            body = await self._cluster.get(CLUSTER_KOPF_PEERING, None, self._own.peering)
        except NotFound:
            # who cannot be known of cannot be waited for
            body = {}
            self._tell_missing()
        else:
            self._is_missing = False
        leaders = find_leaders(body.get("status") or {}, self._own, self._now())
        if leaders and self.leads.is_set():
            self.leads.clear()
            metrics.leading.set(0)
            log.warning("paused", leaders=leaders)
        elif not leaders and not self.leads.is_set():
            await self._resume()
            self.leads.set()
            metrics.leading.set(1)
            log.warning("resumed")

    def _tell_missing(self) -> None:
        if not self._is_missing:
            self._is_missing = True
            name = self._own.peering
            log.warning(
                "peering_missing", error=f"There is no ClusterKopfPeering {name}: this operator works as if alone."
            )


def find_leaders(status: Object, own: Peer, now: datetime) -> list[str]:
    """Return the identities of living peers that come before `own`, from the status of a ClusterKopfPeering."""
    found = []
    for identity, told in status.items():
        if identity == own.identity:
            continue
        with suppress(ValueError, TypeError, KeyError, OverflowError):
            seen = datetime.fromisoformat(told["lastseen"])
            seen = seen if seen.tzinfo else seen.replace(tzinfo=UTC)
            lives = seen + timedelta(seconds=int(told["lifetime"])) > now
            if lives and int(told["priority"]) >= own.priority:
                found.append(identity)
    return sorted(found)


def host_identity() -> str:
    """Return the host's name, which in a pod is the pod's: a container that starts again is the same peer."""
    return os.uname().nodename
