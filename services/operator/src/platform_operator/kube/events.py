"""Events of objects."""

from __future__ import annotations

import structlog

from platform_operator.kube.cluster import Cluster
from platform_operator.kube.errors import ApiError
from platform_operator.kube.kinds import EVENT, Kind
from platform_routes.metadata import MANAGER
from platform_routes.model import Object

log = structlog.get_logger(__name__)


def build_event(
    kind: Kind, namespace: str, name: str, uid: str, reason: str, message: str, good: bool, now: str
) -> Object:
    """Return an Event about an object. Events of cluster-scoped objects are in the namespace `default`."""
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


async def emit_event(cluster: Cluster, event: Object) -> None:
    """Create an Event. A failure is only logged, because the status has the same information."""
    try:
        await cluster.create(EVENT, event)
    except ApiError as error:
        log.warning("event_not_created", reason=event["reason"], error=str(error))
