"""Looks at each ring when it is due, and turns it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from platform_common.tokens.key_ring import new_key
from platform_operator import metrics
from platform_operator.clock import rfc3339
from platform_operator.keyring.secret import read_ring, write_ring
from platform_operator.keyring.turning import (
    Asked,
    Memory,
    Ring,
    RingBroken,
    Schedule,
    kid,
    next_rotation,
    remembered,
    turn,
)
from platform_operator.kube.cluster import Cluster
from platform_operator.kube.events import build_event, tell
from platform_operator.kube.faults import Conflict, NotFound
from platform_operator.kube.kinds import DEPLOYMENT, SECRET, SIGNING_KEY_RING
from platform_operator.queue import WorkQueue
from platform_operator.routes.live import resource_version
from platform_operator.routes.model import GROUP, Object
from platform_operator.routes.status import READY, Condition, build_conditions

log = structlog.get_logger(__name__)

ROTATE = f"{GROUP}/rotate"
REVOKE = f"{GROUP}/revoke"
REVOKED = f"{GROUP}/keys-revoked"
# A Secret is not watched, which would need the right to read all of them: it is looked at this often (seconds).
LOOK_SECONDS = 30

SAYINGS = {
    "made": ("RingMade", "A ring was made: there was none."),
    "revoked": ("KeysRevoked", "Every key was replaced; tokens and sessions of before end as auth's pods restart."),
    "withdrawn": ("KeysRevoked", "The Secret held a key that had been revoked: every key was replaced again."),
    "requested": ("KeyRotated", "The next key signs, as requested."),
    "scheduled": ("KeyRotated", "The next key signs, by schedule."),
    "published": ("KeyPublished", "A next key is published."),
    "removed": ("KeyRemoved", "A retired key was removed: its last token has ended."),
}

TURNING = Condition(READY, True, "Turning", "The ring turns on schedule.")
REVOKING = Condition(
    READY, False, "Revoking", "The pods of auth are restarting with the new keys; until then some accept former tokens."
)


@dataclass(frozen=True)
class RingKey:
    """Which SigningKeyRing."""

    namespace: str
    name: str


class KeyRingController:
    """Turns the rings of one namespace, in which auth mounts their Secrets."""

    def __init__(
        self, cluster: Cluster, namespace: str, deployment: str, now: Callable[[], datetime], leads: asyncio.Event
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._deployment = deployment
        self._now = now
        self._bodies: dict[RingKey, Object] = {}
        self.queue: WorkQueue[RingKey] = WorkQueue(self._work, leads, workers=1)

    async def start(self) -> None:
        """Learn of the rings, and begin. Raises ApiFault."""
        await self.learn()
        self.queue.start()

    async def learn(self) -> None:
        """List the rings anew. Raises ApiFault."""
        bodies, _ = await self._cluster.list_all(SIGNING_KEY_RING, self._namespace)
        for gone in self._bodies.keys() - {_key(body) for body in bodies}:
            self._bodies.pop(gone)
        for body in bodies:
            self.tell(body, gone=False)

    async def stop(self) -> None:
        """End all work."""
        await self.queue.stop()

    def tell(self, body: Object, gone: bool) -> None:
        """Take news of one ring."""
        key = _key(body)
        if key.namespace != self._namespace:
            return
        if gone:
            # the Secret stays: auth needs it
            self._bodies.pop(key, None)
            return
        known = self._bodies.get(key)
        if known and resource_version(body) < resource_version(known):
            return
        self._bodies[key] = body
        if known is None or _asked(known) != _asked(body) or known["spec"] != body["spec"]:
            self.queue.add(key)

    async def _work(self, key: RingKey) -> None:
        body = self._bodies.get(key)
        if body is None:
            return
        now = int(self._now().timestamp())
        pause = LOOK_SECONDS
        try:
            ring, causes, look_at = await self._turn(body, now)
        except RingBroken as broken:
            message = f"The Secret {body['spec']['secretName']} holds no ring: {broken}. It is left as it is."
            await self._say(body, None, Condition(READY, False, "RingBroken", message), ())
        else:
            spread = await self._has_spread(ring)
            said = await self._say(body, ring, TURNING if spread else REVOKING, causes)
            pause = max(1, min(LOOK_SECONDS, look_at - now)) if said and spread else 1
        metrics.reconciles.labels("ring", "done").inc()
        self.queue.add_later(key, pause)

    async def _turn(self, body: Object, now: int) -> tuple[Ring, tuple[str, ...], int]:
        name = body["spec"]["secretName"]
        try:
            secret = await self._cluster.get(SECRET, self._namespace, name)
        except NotFound:
            secret = None
        asked = _asked(body)
        before = remembered(read_ring(secret) if secret else Ring({}), read_memory(body.get("status") or {}), asked)
        turned = turn(before, _schedule(body), asked, now, new_key)
        if turned.causes:
            after = write_ring(turned.ring, self._namespace, name, secret)
            # with the version that was read: of two writers one is told that it comes too late, and reads again
            await (self._cluster.replace(SECRET, after) if secret else self._cluster.create(SECRET, after))
            log.info("ring_turned", ring=body["metadata"]["name"], causes=turned.causes, current=turned.ring.current)
            for cause in turned.causes:
                metrics.rotations.labels(cause).inc()
        return turned.ring, turned.causes, turned.look_at

    async def _has_spread(self, ring: Ring) -> bool:
        """After a revocation, tell whether every pod of auth has started with the new keys; have them start.

        A mounted Secret alone would take a minute to change.
        """
        request = ring.followed.revoke
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

    async def _say(self, body: Object, ring: Ring | None, ready: Condition, causes: tuple[str, ...]) -> bool:
        """Write the status and tell events; False: somebody has changed the ring's object meanwhile."""
        said, metadata, before = True, body["metadata"], body.get("status") or {}
        generation, now = metadata.get("generation", 0), rfc3339(self._now())
        status: Object = {
            "observedGeneration": generation,
            "conditions": build_conditions([ready], generation, before, now),
            **(build_ring_status(ring, _schedule(body), _asked(body)) if ring else {}),
        }
        if any(before.get(key) != value for key, value in status.items()):
            try:
                # with the version that was read: what is said of an older ring never covers what was said of a newer
                version = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
                patch = {"metadata": version, "status": status}
                answer = await self._cluster.merge(
                    SIGNING_KEY_RING, metadata["namespace"], metadata["name"], patch, "status"
                )
                self.tell(answer, gone=False)
            except (NotFound, Conflict):
                said = False
        for cause in causes:
            if cause in SAYINGS:
                reason, message = SAYINGS[cause]
                place = (metadata["namespace"], metadata["name"], metadata["uid"])
                await tell(self._cluster, build_event(SIGNING_KEY_RING, *place, reason, message, good=True, now=now))
        return said


def is_rolled_out(deployment: Object) -> bool:
    """Tell whether all pods of a Deployment are those of its present template, and no former one is left."""
    wanted = deployment["spec"].get("replicas", 1)
    status = deployment.get("status") or {}
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    is_seen = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    return bool(is_seen and counts == [wanted] * 3)


def read_memory(status: Object) -> Memory:
    """Return what the status of a SigningKeyRing remembers."""
    handled = status.get("handledRequests") or {}
    until = status.get("sessionsUntil")
    return Memory(
        Asked(handled.get("rotate", ""), handled.get("revoke", "")),
        int(datetime.fromisoformat(until).timestamp()) if until else 0,
        tuple(status.get("revokedKeys") or ()),
    )


def build_ring_status(ring: Ring, schedule: Schedule, asked: Asked) -> Object:
    """Return what the status tells of a ring: identifiers and times, never a key."""
    keys: list[Object] = [
        {"kid": ring.current, "state": "current", "since": _time(ring.current_since)},
        {"kid": ring.next, "state": "next", "since": _time(ring.next_since)},
    ]
    known = {ring.current, ring.next}
    for name, since in sorted(ring.retired().items()):
        identity = kid(ring.files[name], name)
        if identity not in known:
            known.add(identity)
            until = _time(since + schedule.retire)
            keys.append({"kid": identity, "state": "retired", "since": _time(since), "until": until})
    status: Object = {
        "handledRequests": {"rotate": ring.followed.rotate, "revoke": ring.followed.revoke},
        "revokedKeys": list(ring.revoked_keys),
        "keys": keys,
        "lastRotationTime": _time(ring.current_since),
        "nextRotationTime": _time(next_rotation(ring, schedule, asked)),
    }
    if ring.revoked_at:
        status["sessionsUntil"] = _time(ring.revoked_at)
    return status


def _key(body: Object) -> RingKey:
    return RingKey(body["metadata"]["namespace"], body["metadata"]["name"])


def _time(moment: int) -> str:
    return rfc3339(datetime.fromtimestamp(moment, UTC))


def _schedule(body: Object) -> Schedule:
    spec = body["spec"]
    return Schedule(spec.get("rotateSeconds", 2592000), spec.get("publishSeconds", 600), spec.get("tokenSeconds", 900))


def _asked(body: Object) -> Asked:
    annotations = body["metadata"].get("annotations") or {}
    return Asked(annotations.get(ROTATE, ""), annotations.get(REVOKE, ""))
