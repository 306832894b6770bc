"""Events: what `kubectl describe` tells about an object."""

from __future__ import annotations

import structlog

from platform_operator.kube.cluster import Cluster
from platform_operator.kube.faults import ApiFault
from platform_operator.kube.kinds import EVENT, Kind
from platform_operator.routes.build.metadata import MANAGER
from platform_operator.routes.model import Object

log = structlog.get_logger(__name__)


def build_event(
    kind: Kind, namespace: str, name: str, uid: str, reason: str, message: str, good: bool, now: str
) -> Object:
    """Return an Event about an object. Those of cluster-wide objects lie in `default`."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{name[:200]}.", "namespace": namespace or "default"},
        "involvedObject": {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "name": name,
            "uid": uid,
            **({"namespace": namespace} if namespace else {}),
        },
        "type": "Normal" if good else "Warning",
        "reason": reason,
        "message": message[:1024],
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "source": {"component": MANAGER},
        "reportingComponent": MANAGER,
        "reportingInstance": MANAGER,
    }


async def tell(cluster: Cluster, event: Object) -> None:
    """Post an event. One that does not arrive is no error: the status says the same."""
    try:
        await cluster.create(EVENT, event)
    except ApiFault as fault:
        log.warning("event_lost", reason=event["reason"], error=str(fault))
