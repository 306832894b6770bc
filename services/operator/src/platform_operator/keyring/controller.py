"""Reconciles each SigningKeyRing when it is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from platform_common.tokens.key_ring import new_key
from platform_operator import metrics
from platform_operator.clock import rfc3339
from platform_operator.keyring.rotation import (
    InvalidSecret,
    Memory,
    Requests,
    Ring,
    Schedule,
    kid,
    merge_memory,
    next_rotation,
    rotate,
)
from platform_operator.keyring.secret import read_ring, write_ring
from platform_operator.kube.cluster import Cluster
from platform_operator.kube.errors import Conflict, NotFound
from platform_operator.kube.events import build_event, emit_event
from platform_operator.kube.kinds import DEPLOYMENT, SECRET, SIGNING_KEY_RING
from platform_operator.queue import WorkQueue
from platform_operator.routes.live import resource_version
from platform_operator.routes.status import READY, Condition, build_conditions
from platform_routes.durations import parse_duration
from platform_routes.model import GROUP, Object

log = structlog.get_logger(__name__)

ROTATE = f"{GROUP}/rotate"
REVOKE = f"{GROUP}/revoke"
REVOKED = f"{GROUP}/keys-revoked"
# Interval at which the Secret is read (seconds). It is not watched, which would need permission to read all Secrets.
POLL_SECONDS = 30

EVENTS = {
    "created": ("KeysCreated", "Created signing keys: the Secret had none."),
    "revoked": ("KeysRevoked", "Replaced every key; existing tokens and sessions end as auth's pods restart."),
    "revoked_key_found": ("KeysRevoked", "The Secret contained a revoked key: replaced every key again."),
    "requested": ("KeyRotated", "The next key signs, as requested."),
    "scheduled": ("KeyRotated", "The next key signs, as scheduled."),
    "published": ("KeyPublished", "Published a next key."),
    "expired": ("KeyRemoved", "Removed a retired key whose last token has expired."),
}

SCHEDULED = Condition(READY, True, "RotationScheduled", "Keys rotate on schedule.")
REVOKING = Condition(
    READY, False, "Revoking", "The pods of auth are restarting with new keys; until then some accept existing tokens."
)


@dataclass(frozen=True)
class RingName:
    """Namespace and name of a SigningKeyRing."""

    namespace: str
    name: str


class KeyRingController:
    """Rotates the keys of one namespace's SigningKeyRings, whose Secrets auth mounts."""

    def __init__(
        self, cluster: Cluster, namespace: str, deployment: str, now: Callable[[], datetime], is_leader: asyncio.Event
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._deployment = deployment
        self._now = now
        self._bodies: dict[RingName, Object] = {}
        self.queue: WorkQueue[RingName] = WorkQueue(self._work, is_leader, workers=1)

    async def start(self) -> None:
        """List the rings and start to work. Raises ApiError."""
        await self.resync()
        self.queue.start()

    async def resync(self) -> None:
        """List all rings again. Raises ApiError."""
        bodies, _ = await self._cluster.list_all(SIGNING_KEY_RING, self._namespace)
        for gone in self._bodies.keys() - {_key(body) for body in bodies}:
            self._bodies.pop(gone)
        for body in bodies:
            self.handle_event(body, gone=False)

    async def stop(self) -> None:
        """Stop all work."""
        await self.queue.stop()

    def handle_event(self, body: Object, gone: bool) -> None:
        """Handle a watch event of one ring."""
        key = _key(body)
        if key.namespace != self._namespace:
            return
        if gone:
            # keep the Secret, which auth needs
            self._bodies.pop(key, None)
            return
        known = self._bodies.get(key)
        if known and resource_version(body) < resource_version(known):
            return
        self._bodies[key] = body
        if known is None or _requests(known) != _requests(body) or known["spec"] != body["spec"]:
            self.queue.add(key)

    async def _work(self, key: RingName) -> None:
        body = self._bodies.get(key)
        if body is None:
            return
        now = int(self._now().timestamp())
        pause = POLL_SECONDS
        try:
            ring, causes, next_check = await self._rotate(body, now)
        except InvalidSecret as invalid:
            message = f"The Secret {body['spec']['secretName']} has no valid keys and is not changed: {invalid}."
            await self._report(body, None, Condition(READY, False, "InvalidSecret", message), ())
        else:
            restarted = await self._has_restarted(ring)
            reported = await self._report(body, ring, SCHEDULED if restarted else REVOKING, causes)
            pause = max(1, min(POLL_SECONDS, next_check - now)) if reported and restarted else 1
        metrics.reconciles.labels("ring", "success").inc()
        self.queue.add_later(key, pause)

    async def _rotate(self, body: Object, now: int) -> tuple[Ring, tuple[str, ...], int]:
        name = body["spec"]["secretName"]
        try:
            secret = await self._cluster.get(SECRET, self._namespace, name)
        except NotFound:
            secret = None
        requests = _requests(body)
        before = merge_memory(
            read_ring(secret) if secret else Ring({}), read_memory(body.get("status") or {}), requests
        )
        result = rotate(before, _schedule(body), requests, now, new_key)
        if result.causes:
            after = write_ring(result.ring, self._namespace, name, secret)
            # with the version that was read: of two concurrent writers one gets a conflict, and reads again
            await (self._cluster.replace(SECRET, after) if secret else self._cluster.create(SECRET, after))
            log.info(
                "signing_keys_rotated", ring=body["metadata"]["name"], causes=result.causes, current=result.ring.current
            )
            for cause in result.causes:
                metrics.rotations.labels(cause).inc()
        return result.ring, result.causes, result.next_check

    async def _has_restarted(self, ring: Ring) -> bool:
        """Return whether every pod of auth has restarted since the last revocation; restart them if needed.

        Without a restart, the kubelet takes about a minute to update a mounted Secret.
        """
        request = ring.handled.revoke
        if not request:
            return True
        try:
            deployment = await self._cluster.get(DEPLOYMENT, self._namespace, self._deployment)
        except NotFound:
            return True
        template = deployment["spec"]["template"]["metadata"]
        if (template.get("annotations") or {}).get(REVOKED) != request:
            patch = {"spec": {"template": {"metadata": {"annotations": {REVOKED: request}}}}}
            await self._cluster.merge(DEPLOYMENT, self._namespace, self._deployment, patch)
            return False
        return is_rolled_out(deployment)

    async def _report(self, body: Object, ring: Ring | None, ready: Condition, causes: tuple[str, ...]) -> bool:
        """Write the status and emit events; return False if the object has changed in the meantime."""
        written, metadata, before = True, body["metadata"], body.get("status") or {}
        generation, now = metadata.get("generation", 0), rfc3339(self._now())
        status: Object = {
            "observedGeneration": generation,
            "conditions": build_conditions([ready], generation, before, now),
            **(build_ring_status(ring, _schedule(body), _requests(body)) if ring else {}),
        }
        if any(before.get(key) != value for key, value in status.items()):
            try:
                # with the version that was read: an older status never overwrites a newer one
                version = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
                patch = {"metadata": version, "status": status}
                response = await self._cluster.merge(
                    SIGNING_KEY_RING, metadata["namespace"], metadata["name"], patch, "status"
                )
                self.handle_event(response, gone=False)
            except (NotFound, Conflict):
                written = False
        for cause in causes:
            if cause in EVENTS:
                reason, message = EVENTS[cause]
                target = (metadata["namespace"], metadata["name"], metadata["uid"])
                await emit_event(
                    self._cluster, build_event(SIGNING_KEY_RING, *target, reason, message, good=True, now=now)
                )
        return written


def is_rolled_out(deployment: Object) -> bool:
    """Return whether all pods of a Deployment have its current template, and no older pod is left."""
    wanted = deployment["spec"].get("replicas", 1)
    status = deployment.get("status") or {}
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    is_observed = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    return bool(is_observed and counts == [wanted] * 3)


def read_memory(status: Object) -> Memory:
    """Return the recorded state in the status of a SigningKeyRing."""
    handled = status.get("handledRequests") or {}
    until = status.get("sessionsUntil")
    return Memory(
        Requests(handled.get("rotate", ""), handled.get("revoke", "")),
        int(datetime.fromisoformat(until).timestamp()) if until else 0,
        tuple(status.get("revokedKeys") or ()),
    )


def build_ring_status(ring: Ring, schedule: Schedule, requests: Requests) -> Object:
    """Return the status of a ring: identifiers and times, never a key."""
    keys: list[Object] = [
        {"kid": ring.current, "state": "current", "since": _time(ring.current_since)},
        {"kid": ring.next, "state": "next", "since": _time(ring.next_since)},
    ]
    known = {ring.current, ring.next}
    for name, since in sorted(ring.retired().items()):
        identity = kid(ring.files[name], name)
        if identity not in known:
            known.add(identity)
            until = _time(since + schedule.retention)
            keys.append({"kid": identity, "state": "retired", "since": _time(since), "until": until})
    status: Object = {
        "handledRequests": {"rotate": ring.handled.rotate, "revoke": ring.handled.revoke},
        "revokedKeys": list(ring.revoked_keys),
        "keys": keys,
        "lastRotationTime": _time(ring.current_since),
        "nextRotationTime": _time(next_rotation(ring, schedule, requests)),
    }
    if ring.revoked_at:
        status["sessionsUntil"] = _time(ring.revoked_at)
    return status


def _key(body: Object) -> RingName:
    return RingName(body["metadata"]["namespace"], body["metadata"]["name"])


def _time(moment: int) -> str:
    return rfc3339(datetime.fromtimestamp(moment, UTC))


def _schedule(body: Object) -> Schedule:
    spec = body["spec"]
    return Schedule(
        parse_duration(spec.get("rotationInterval", "720h")),
        parse_duration(spec.get("prePublish", "10m")),
        parse_duration(spec.get("accessTokenTtl", "15m")),
    )


def _requests(body: Object) -> Requests:
    annotations = body["metadata"].get("annotations") or {}
    return Requests(annotations.get(ROTATE, ""), annotations.get(REVOKE, ""))
