"""The API server as the operator calls it: plain objects in, plain objects out."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from platform_operator import metrics
from platform_operator.kube.connection import Connection
from platform_operator.kube.faults import fault
from platform_operator.kube.kinds import Kind
from platform_operator.routes.build.metadata import MANAGER
from platform_operator.routes.model import Object

# How long a call may take (seconds), and how many objects come in one answer: parsed, they take ten times the room.
CALL_SECONDS = 20.0
PAGE = 100

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class Cluster:
    """Calls of one API server. Every method raises ApiFault, or a kind of it that says more."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """Return an object."""
        return await self._call("GET", kind, kind.path(namespace, name))

    async def list_all(self, kind: Kind, namespace: str | None = None, selector: str = "") -> tuple[list[Object], int]:
        """Return all objects of a kind, read page by page, and the version at which the list was made.

        They come without `managedFields`, which take more room than all the rest.
        """
        found: list[Object] = []
        query: list[tuple[str, str]] = [("limit", str(PAGE))]
        if selector:
            query.append(("labelSelector", selector))
        token = ""
        while True:
            page = await self._call(
                "GET", kind, kind.path(namespace), [*query, *([("continue", token)] if token else [])]
            )
            for item in page["items"]:
                item["metadata"].pop("managedFields", None)
                # items of a list carry neither
                found.append({"apiVersion": kind.api_version, "kind": kind.kind, **item})
            token = page["metadata"].get("continue", "")
            if not token:
                version = page["metadata"].get("resourceVersion", "0")
                return found, int(version) if version.isdigit() else 0

    async def apply(self, kind: Kind, body: Object, force: bool = True) -> Object:
        """Make the object what `body` says, field by field (server-side apply), and return it.

        Fields that the operator does not own are not its to keep. With `force` a field that `body` asks for belongs to
        the operator from then on; without it a field of another owner is a Conflict. With a `uid` in its metadata the
        object has to be that very one.
        """
        metadata = body["metadata"]
        path = kind.path(metadata.get("namespace"), metadata["name"])
        query = [("fieldManager", MANAGER), ("force", str(force).lower())]
        return await self._call("PATCH", kind, path, query, body, APPLY)

    async def merge(self, kind: Kind, namespace: str | None, name: str, patch: Object, subresource: str = "") -> Object:
        """Change some fields of an object and return it."""
        path = kind.path(namespace, name, subresource)
        return await self._call("PATCH", kind, path, [("fieldManager", MANAGER)], patch, MERGE)

    async def create(self, kind: Kind, body: Object) -> Object:
        """Make an object that is not there."""
        path = kind.path(body["metadata"].get("namespace"))
        return await self._call("POST", kind, path, [("fieldManager", MANAGER)], body)

    async def replace(self, kind: Kind, body: Object) -> Object:
        """Write an object as a whole; with its `resourceVersion` only if nobody has changed it since."""
        metadata = body["metadata"]
        path = kind.path(metadata.get("namespace"), metadata["name"])
        return await self._call("PUT", kind, path, [("fieldManager", MANAGER)], body)

    async def delete(self, kind: Kind, namespace: str | None, name: str, uid: str = "") -> None:
        """Remove an object; with a `uid` only that very one, and a Conflict when it is another one."""
        options: Object = {"propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        await self._call("DELETE", kind, kind.path(namespace, name), body=options)

    async def _call(
        self,
        method: str,
        kind: Kind,
        path: str,
        query: list[tuple[str, str]] | None = None,
        body: Object | None = None,
        content_type: str = "application/json",
    ) -> Object:
        metrics.calls.labels(method, kind.plural).inc()
        headers = {"Accept": "application/json", "Content-Type": content_type}
        try:
            status, retry_after, answer = await self._connection.request(
                method, path, query or [], headers, body, CALL_SECONDS
            )
        except TimeoutError as error:
            raise fault(0, f"{method} {path} took more than {CALL_SECONDS:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise fault(0, f"{method} {path}: {type(error).__name__}") from error
        if status >= 400:
            raise fault(status, _message(answer), _seconds(retry_after))
        parsed: Any = json.loads(answer)
        return dict(parsed)


def _message(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer[:200].decode(errors="replace")


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() else 0
