"""The ring in its Secret: the files as data, what is known of them as one annotation, written together."""

from __future__ import annotations

import base64
import binascii
import json

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from platform_common.tokens.key_ring import SESSIONS_UNTIL
from platform_operator.keyring.turning import Asked, Ring, RingBroken
from platform_operator.routes.build.metadata import MANAGED_BY
from platform_operator.routes.model import GROUP, Object

RING = f"{GROUP}/ring"


class _Known(BaseModel):
    """What the annotation says of the ring: the time and the meaning of its keys."""

    model_config = ConfigDict(extra="ignore", strict=True)

    current: str = ""
    currentSince: int = 0  # noqa: N815 (as it is written)
    next: str = ""
    nextSince: int = 0  # noqa: N815
    rotated: str = ""
    revoked: str = ""
    revokedAt: int = 0  # noqa: N815
    revokedKeys: tuple[str, ...] = Field(default=(), strict=False)  # noqa: N815


def read_ring(body: Object) -> Ring:
    """Return the ring of a Secret. Raises RingBroken."""
    data = body.get("data") or {}
    try:
        files = {name: base64.b64decode(value, validate=True) for name, value in data.items() if name.endswith(".pem")}
    except binascii.Error:
        raise RingBroken("a value is not base64") from None
    try:
        known = _Known.model_validate_json((body["metadata"].get("annotations") or {}).get(RING, "{}"))
    except ValidationError:
        raise RingBroken(
            f"its annotation {RING} cannot be read; remove it, and the ring is taken over as the status knows it"
        ) from None
    return Ring(
        files,
        known.current,
        known.currentSince,
        known.next,
        known.nextSince,
        Asked(known.rotated, known.revoked),
        max(known.revokedAt, _sessions_until(data)),
        known.revokedKeys,
    )


def _sessions_until(data: Object) -> int:
    try:
        return int(base64.b64decode(data.get(SESSIONS_UNTIL, "")).decode() or 0)
    except ValueError:
        return 0


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
        "revokedKeys": list(ring.revoked_keys),
    }
    others = {key: value for key, value in (body.get("data") or {}).items() if not key.endswith(".pem")}
    files = {key: base64.b64encode(pem).decode() for key, pem in sorted(ring.files.items())}
    if ring.revoked_at:
        files[SESSIONS_UNTIL] = base64.b64encode(str(ring.revoked_at).encode()).decode()
    metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
    annotations = {**(metadata.get("annotations") or {}), RING: json.dumps(known, separators=(",", ":"))}
    return {**body, "metadata": {**metadata, "annotations": annotations}, "data": {**others, **files}}
