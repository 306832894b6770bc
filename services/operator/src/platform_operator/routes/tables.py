"""The standalone gateway's tables of joined routes: ConfigMaps of the chart, whose data the operator alone writes.

Several, because one holds no more than 1 MiB. Each has a serial that grows with each change, by which the gateway's
pods say what they have loaded.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from platform_operator.kube.cluster import Cluster
from platform_operator.kube.errors import ApiError, NotFound
from platform_operator.kube.kinds import CONFIG_MAP
from platform_operator.routes.gateways.gateway import GatewayFull
from platform_routes.model import Object, RouteKey
from platform_routes.platform import Platform

log = structlog.get_logger(__name__)

FILE = "routes.json"
# How much of a table is filled (bytes): a ConfigMap may have 1 MiB, names and all.
TABLE_BYTES = 900_000

# A table's serial by its number.
Serials = dict[int, int]


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class _Table:
    number: int
    serial: int = 0
    size: int = 0
    entries: dict[RouteKey, Object] = field(default_factory=dict)
    written: dict[RouteKey, Object] = field(default_factory=dict)
    # As it was written last: what the gateway's pods are given.
    document: Object = field(default_factory=dict)

    @property
    def is_due(self) -> bool:
        return self.entries != self.written

    def has_room(self, size: int) -> bool:
        return self.size + size <= TABLE_BYTES

    def put(self, key: RouteKey, entry: Object) -> None:
        self.entries[key] = entry
        self.size += _size(key, entry)

    def drop(self, key: RouteKey) -> None:
        if (entry := self.entries.pop(key, None)) is not None:
            self.size -= _size(key, entry)


class Tables:
    """Holds the entries of all routes, and writes those tables that have changed."""

    def __init__(self, cluster: Cluster, platform: Platform, clock: Callable[[], int] = _milliseconds) -> None:
        self._cluster = cluster
        self._namespace = platform.namespace
        self._names = [platform.object_name(f"external-routes-{number}") for number in range(platform.gateway.tables)]
        self._tables = [_Table(number) for number in range(platform.gateway.tables)]
        self._clock = clock
        self._written_at: dict[RouteKey, Serials] = {}
        # The serials at the start: earlier writes are unknown.
        self._first: Serials | None = None

    async def load(self) -> None:
        """Read the written tables. Current entries stay; at the start the written ones are current. Raises ApiError."""
        for table in self._tables:
            first = not table.document
            await self._load(table)
            if first:
                for key, entry in table.written.items():
                    table.put(key, entry)
        if self._first is None:
            self._first = {table.number: table.serial for table in self._tables}

    async def _load(self, table: _Table) -> None:
        try:
            body = await self._cluster.get(CONFIG_MAP, self._namespace, self._names[table.number])
            document = json.loads((body.get("data") or {}).get(FILE, "{}"))
            routes = dict(document.get("routes", {}))
            table.serial = max(table.serial, int(document.get("serial", 0)))
        except (NotFound, ValueError, TypeError, AttributeError):
            document, routes = {}, {}
        table.written = {_key(name): entry for name, entry in routes.items()}
        table.document = document or {"version": 1, "serial": table.serial, "routes": {}}

    def routes(self) -> set[RouteKey]:
        """Return the routes that are, or will be, in a table."""
        return {key for table in self._tables for key in table.entries.keys() | table.written.keys()}

    def entry(self, key: RouteKey) -> Object | None:
        """Return the current entry of a route."""
        return next((table.entries[key] for table in self._tables if key in table.entries), None)

    def set_entry(self, key: RouteKey, entry: Object | None) -> None:
        """Set the entry of a route, or remove it with None. Raises GatewayFull; the route has no entry then."""
        home = next((table for table in self._tables if key in table.entries), None)
        if entry is None or home is None or home.entries[key] != entry:
            self._replace(key, entry, home)

    def _replace(self, key: RouteKey, entry: Object | None, home: _Table | None) -> None:
        if home:
            home.drop(key)
        if entry is None:
            return
        size = _size(key, entry)
        # it stays where it is, if it can
        table = next((table for table in (*([home] if home else ()), *self._tables) if table.has_room(size)), None)
        if table is None:
            raise GatewayFull(
                "The gateway's route tables are full: remove routes, or have the administrator raise "
                "gateway.standalone.joinedTables."
            )
        table.put(key, entry)

    def is_written(self, key: RouteKey) -> bool:
        """Return whether the written tables contain the current entry of the route."""
        return all(table.entries.get(key) == table.written.get(key) for table in self._tables)

    def written_at(self, key: RouteKey) -> Serials:
        """Return the serials by which the route's written entry was written, at the latest."""
        return self._written_at.get(key) or self._first or {}

    def documents(self, newer_than: Serials) -> dict[int, Object]:
        """Return the tables, as they are written, that are newer than the ones with these serials."""
        return {
            table.number: table.document
            for table in self._tables
            if table.document.get("serial", 0) > newer_than.get(table.number, 0)
        }

    async def write(self) -> tuple[set[RouteKey], ApiError | None]:
        """Write the changed tables; return the routes whose entry changed, and the errors.

        A table that is refused does not keep the others from being written.
        """
        news: set[RouteKey] = set()
        failed: ApiError | None = None
        for table in self._tables:
            if not table.is_due:
                continue
            try:
                news |= await self._write(table)
            except ApiError as error:
                log.warning("table_not_written", table=self._names[table.number], error=str(error))
                failed = error
        return news, failed

    async def _write(self, table: _Table) -> set[RouteKey]:
        entries, before = dict(table.entries), table.written
        serial = max(table.serial + 1, self._clock())
        routes = {str(key): entry for key, entry in sorted(entries.items())}
        document: Object = {"version": 1, "serial": serial, "routes": routes}
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        metadata = {"name": self._names[table.number], "namespace": self._namespace}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {FILE: text}}
        await self._cluster.apply(CONFIG_MAP, body)
        table.serial, table.written, table.document = serial, entries, document
        news = {key for key in entries.keys() | before.keys() if entries.get(key) != before.get(key)}
        for key in news:
            self._written_at[key] = {**self.written_at(key), table.number: serial}
        return news


def _size(key: RouteKey, entry: Object) -> int:
    return len(json.dumps({str(key): entry}, separators=(",", ":")))


def _key(name: str) -> RouteKey:
    namespace, _, route = name.partition("/")
    return RouteKey(namespace, route)
