"""The ring in its Secret: the files as data, what is known of them as one annotation, written together."""

from __future__ import annotations

import base64
import binascii
import json

from platform_common.tokens.key_ring import SESSIONS_UNTIL
from platform_operator.keyring.turning import Asked, Ring, RingBroken
from platform_operator.routes.build.metadata import MANAGED_BY
from platform_operator.routes.model import GROUP, Object

RING = f"{GROUP}/ring"


def read_ring(body: Object) -> Ring:
    """Return the ring of a Secret. Raises RingBroken."""
    try:
        files = {
            name: base64.b64decode(value, validate=True)
            for name, value in (body.get("data") or {}).items()
            if name.endswith(".pem")
        }
    except binascii.Error:
        raise RingBroken("a value is not base64") from None
    known = json.loads((body["metadata"].get("annotations") or {}).get(RING, "{}"))
    return Ring(
        files,
        known.get("current", ""),
        known.get("currentSince", 0),
        known.get("next", ""),
        known.get("nextSince", 0),
        Asked(known.get("rotated", ""), known.get("revoked", "")),
        known.get("revokedAt", 0),
    )


def write_ring(ring: Ring, namespace: str, name: str, before: Object | None) -> Object:
    """Return the Secret with `ring`, based on the one that was read; without one, a new one."""
    body = before or {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/part-of": "member-platform", MANAGED_BY: "member-platform-operator"},
        },
    }
    known = {
        "current": ring.current,
        "currentSince": ring.current_since,
        "next": ring.next,
        "nextSince": ring.next_since,
        "rotated": ring.followed.rotate,
        "revoked": ring.followed.revoke,
        "revokedAt": ring.revoked_at,
    }
    others = {key: value for key, value in (body.get("data") or {}).items() if not key.endswith(".pem")}
    files = {key: base64.b64encode(pem).decode() for key, pem in sorted(ring.files.items())}
    if ring.revoked_at:
        files[SESSIONS_UNTIL] = base64.b64encode(str(ring.revoked_at).encode()).decode()
    metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
    annotations = {**(metadata.get("annotations") or {}), RING: json.dumps(known, separators=(",", ":"))}
    return {**body, "metadata": {**metadata, "annotations": annotations}, "data": {**others, **files}}
