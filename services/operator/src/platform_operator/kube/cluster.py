"""Calls of the API server, with objects as plain dicts."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from platform_operator import metrics
from platform_operator.kube.connection import Connection
from platform_operator.kube.errors import api_error
from platform_operator.kube.kinds import Kind
from platform_routes.metadata import MANAGER
from platform_routes.model import Object

# Timeout of a call (seconds), and page size of lists: parsed objects take ten times the memory of their JSON.
CALL_SECONDS = 20.0
PAGE = 100

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class Cluster:
    """Calls of one API server. Every method raises ApiError or a subclass."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """Return an object."""
        return await self._call("GET", kind, kind.path(namespace, name))

    async def list_all(self, kind: Kind, namespace: str | None = None, selector: str = "") -> tuple[list[Object], int]:
        """Return all objects of a kind, and the resource version of the list.

        Removes `managedFields`, which take more memory than the rest of the object.
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
                # list items have neither
                found.append({"apiVersion": kind.api_version, "kind": kind.kind, **item})
            token = page["metadata"].get("continue", "")
            if not token:
                version = page["metadata"].get("resourceVersion", "0")
                return found, int(version) if version.isdigit() else 0

    async def apply(self, kind: Kind, body: Object, force: bool = True) -> Object:
        """Apply an object by server-side apply, and return it.

        With `force` the operator becomes the owner of every field in `body`; without it a field of another owner is a
        Conflict. A `uid` in the metadata has to match the object's.
        """
        metadata = body["metadata"]
        path = kind.path(metadata.get("namespace"), metadata["name"])
        query = [("fieldManager", MANAGER), ("force", str(force).lower())]
        return await self._call("PATCH", kind, path, query, body, APPLY)

    async def merge(self, kind: Kind, namespace: str | None, name: str, patch: Object, subresource: str = "") -> Object:
        """Apply a merge patch to an object and return it."""
        path = kind.path(namespace, name, subresource)
        return await self._call("PATCH", kind, path, [("fieldManager", MANAGER)], patch, MERGE)

    async def create(self, kind: Kind, body: Object) -> Object:
        """Create an object."""
        path = kind.path(body["metadata"].get("namespace"))
        return await self._call("POST", kind, path, [("fieldManager", MANAGER)], body)

    async def replace(self, kind: Kind, body: Object) -> Object:
        """Replace an object; with a `resourceVersion` only if it has not changed since."""
        metadata = body["metadata"]
        path = kind.path(metadata.get("namespace"), metadata["name"])
        return await self._call("PUT", kind, path, [("fieldManager", MANAGER)], body)

    async def delete(self, kind: Kind, namespace: str | None, name: str, uid: str = "") -> None:
        """Delete an object; with a `uid` only if it matches, otherwise raise Conflict."""
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
            status, retry_after, response = await self._connection.request(
                method, path, query or [], headers, body, CALL_SECONDS
            )
        except TimeoutError as error:
            raise api_error(0, f"{method} {path} took more than {CALL_SECONDS:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise api_error(0, f"{method} {path}: {type(error).__name__}") from error
        if status >= 400:
            raise api_error(status, _message(response), _seconds(retry_after))
        parsed: Any = json.loads(response)
        return dict(parsed)


def _message(response: bytes) -> str:
    try:
        return str(json.loads(response)["message"])
    except (ValueError, KeyError, TypeError):
        return response[:200].decode(errors="replace")


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() else 0
