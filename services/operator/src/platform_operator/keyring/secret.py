"""The key ring's Secret: key files as data and their metadata as one annotation, written together."""

from __future__ import annotations

import base64
import binascii
import json

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from platform_common.tokens.key_ring import SESSIONS_UNTIL
from platform_operator.keyring.rotation import InvalidSecret, Requests, Ring
from platform_routes.metadata import MANAGED_BY
from platform_routes.model import GROUP, Object

RING = f"{GROUP}/ring"


class _Metadata(BaseModel):
    """The annotation: since when each key has its role, and the requests that were handled."""

    model_config = ConfigDict(extra="ignore", strict=True)

    current: str = ""
    currentSince: int = 0  # noqa: N815 (the annotation's spelling)
    next: str = ""
    nextSince: int = 0  # noqa: N815
    rotated: str = ""
    revoked: str = ""
    revokedAt: int = 0  # noqa: N815
    revokedKeys: tuple[str, ...] = Field(default=(), strict=False)  # noqa: N815


def read_ring(body: Object) -> Ring:
    """Return the key ring of a Secret. Raises InvalidSecret."""
    data = body.get("data") or {}
    try:
        files = {name: base64.b64decode(value, validate=True) for name, value in data.items() if name.endswith(".pem")}
    except binascii.Error:
        raise InvalidSecret("a value is not base64") from None
    try:
        known = _Metadata.model_validate_json((body["metadata"].get("annotations") or {}).get(RING, "{}"))
    except ValidationError:
        raise InvalidSecret(
            f"its annotation {RING} is invalid; remove it, and the operator adopts the keys as the status records them"
        ) from None
    return Ring(
        files,
        known.current,
        known.currentSince,
        known.next,
        known.nextSince,
        Requests(known.rotated, known.revoked),
        max(known.revokedAt, _sessions_until(data)),
        known.revokedKeys,
    )


def _sessions_until(data: Object) -> int:
    try:
        return int(base64.b64decode(data.get(SESSIONS_UNTIL, "")).decode() or 0)
    except ValueError:
        return 0


def write_ring(ring: Ring, namespace: str, name: str, before: Object | None) -> Object:
    """Return the Secret with `ring`: a copy of the one that was read, or a new one."""
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
        "rotated": ring.handled.rotate,
        "revoked": ring.handled.revoke,
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
