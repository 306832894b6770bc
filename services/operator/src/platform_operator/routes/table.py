"""The standalone gateway's route table: a ConfigMap of the chart, whose data the operator alone writes."""

from __future__ import annotations

import json

from platform_operator.kube.cluster import Cluster
from platform_operator.kube.faults import NotFound
from platform_operator.kube.kinds import CONFIG_MAP
from platform_operator.routes.build.standalone import build_table
from platform_operator.routes.model import Object, RouteKey
from platform_operator.routes.platform import Platform

FILE = "routes.json"


class TableWriter:
    """Holds the entries of all routes, and writes them together."""

    def __init__(self, cluster: Cluster, platform: Platform) -> None:
        self._cluster = cluster
        self._namespace = platform.namespace
        self._name = platform.part("routes-joined")
        self._entries: dict[RouteKey, Object] = {}
        self._written: dict[RouteKey, Object] = {}

    async def load(self) -> None:
        """Read what is written. Raises ApiFault."""
        try:
            body = await self._cluster.get(CONFIG_MAP, self._namespace, self._name)
            routes = json.loads((body.get("data") or {}).get(FILE, "{}")).get("routes", {})
        except (NotFound, ValueError):
            routes = {}
        self._written = {_key(name): entry for name, entry in routes.items()}
        # until a route is looked at, what is written for it stays
        self._entries = dict(self._written)

    def routes(self) -> set[RouteKey]:
        """Return the routes that are, or will be, in the table."""
        return self._entries.keys() | self._written.keys()

    def hold(self, key: RouteKey, entry: Object | None) -> bool:
        """Have the table hold `entry` for a route, or nothing; tell whether it does so already."""
        if entry is None:
            self._entries.pop(key, None)
        else:
            self._entries[key] = entry
        return self._written.get(key) == entry

    async def write(self) -> set[RouteKey]:
        """Write the table, and return the routes whose part of it is another one now. Raises ApiFault."""
        entries = dict(self._entries)
        news = {key for key in entries.keys() | self._written.keys() if entries.get(key) != self._written.get(key)}
        if news:
            text = build_table((str(key), entry) for key, entry in entries.items())
            body = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": self._name, "namespace": self._namespace},
                "data": {FILE: text},
            }
            await self._cluster.apply(CONFIG_MAP, body)
            self._written = entries
        return news


def _key(name: str) -> RouteKey:
    namespace, _, route = name.partition("/")
    return RouteKey(namespace, route)
