"""The routes' objects in the cluster in compact form, and their comparison with wanted objects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from platform_routes.model import Object

# Fields of an object that are never compared.
_LEFT_OUT = {"status", "apiVersion", "kind"}
_KEPT_METADATA = ("labels", "annotations", "ownerReferences")


@dataclass(frozen=True, order=True)
class ObjectId:
    """Which object."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def from_body(cls, body: Object) -> ObjectId:
        """Return the identity of `body`."""
        metadata = body["metadata"]
        return cls(body["apiVersion"], body["kind"], metadata.get("namespace", ""), metadata["name"])

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Live:
    """The last observed state of an object, as text: parsed, a thousand routes would need ten times the memory."""

    version: int
    text: bytes
    uid: str = ""
    # Whether the status of an Ingress has an address: its controller sends requests by it.
    has_address: bool = False

    @classmethod
    def from_body(cls, body: Object) -> Live:
        """Return the compact form of `body`."""
        kept = {key: value for key, value in body.items() if key not in _LEFT_OUT}
        kept["metadata"] = {key: body["metadata"].get(key) for key in _KEPT_METADATA}
        text = json.dumps(kept, separators=(",", ":")).encode()
        balancer = (body.get("status") or {}).get("loadBalancer") or {}
        return cls(resource_version(body), text, body["metadata"].get("uid", ""), bool(balancer.get("ingress")))

    def read(self) -> Object:
        """Return the object without constant fields."""
        return dict(json.loads(self.text))

    def matches(self, asked: Object) -> bool:
        """Return whether every field of `asked` is present with the same value; other managers' fields are ignored."""
        wanted = {key: value for key, value in asked.items() if key not in _LEFT_OUT}
        wanted["metadata"] = {key: asked["metadata"].get(key) for key in _KEPT_METADATA}
        return contains(json.loads(self.text), wanted)


def contains(present: Any, asked: Any) -> bool:
    """Return whether `present` contains `asked`: mappings may contain more, lists may not."""
    if asked is None:
        return True
    if isinstance(asked, dict):
        return isinstance(present, dict) and all(contains(present.get(key), value) for key, value in asked.items())
    if isinstance(asked, list):
        return (
            isinstance(present, list)
            and len(present) == len(asked)
            and all(contains(one, other) for one, other in zip(present, asked, strict=True))
        )
    return bool(present == asked) and isinstance(present, bool) == isinstance(asked, bool)


def resource_version(body: Object) -> int:
    """Return the version of an object; later ones are greater (Kubernetes API concepts, "resource versions")."""
    version = body["metadata"].get("resourceVersion", "0")
    return int(version) if version.isdigit() else 0
