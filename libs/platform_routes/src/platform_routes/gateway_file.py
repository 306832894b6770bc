"""The standalone gateway's files: the platform's own routes, and external routes beside them.

External routes are those of services that are not part of the platform. On Kubernetes the operator writes an entry for
each into tables, which the gateway's pods read; on one machine they come from manifests.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as File
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from platform_routes.model import NOT_IDEMPOTENT, Auth, Backend, Idempotency, Method, Object, Role, Route, RouteKey
from platform_routes.objects import is_usable
from platform_routes.paths import CLOSED_PATHS
from platform_routes.platform import Platform
from platform_routes.table import RouteTable, RouteTableError, RowPath

Port = Annotated[int, Field(ge=1, le=65535)]

# A lock outlives the longest wait for a response by this much; a gateway that died leaves it for no longer.
LOCK_MARGIN_SECONDS = 5

# Nothing listens there: clients get 503, and the path stays occupied.
NOWHERE = "127.0.0.1:1"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Upstream(_Strict):
    """Where a service listens, and how long the gateway waits for it (milliseconds)."""

    addresses: tuple[str, ...] = Field(min_length=1)
    connect_timeout_ms: int = Field(default=2000, ge=1)
    send_timeout_ms: int = Field(default=30000, ge=1)
    read_timeout_ms: int = Field(default=30000, ge=1)


class RedisSettings(_Strict):
    """The Redis of the plugin's locks and responses. `password` may be a `{vault://env/NAME}` reference."""

    host: str
    port: Port = 6379
    database: int = Field(default=0, ge=0)
    username: str | None = None
    password: str | None = None


class RouteFileSettings(_Strict):
    """What the files need besides the routes: services, Redis, and the idempotency plugin's settings."""

    services: Mapping[str, Upstream]
    redis: RedisSettings
    fingerprint_secret: str
    idempotency: Mapping[str, Any] = Field(default_factory=dict)
    # Of services that are not named here.
    default_timeouts: Mapping[str, int] = Field(default_factory=dict)


def route_file(settings: RouteFileSettings, table: RouteTable) -> Object:
    """Return the file of the platform's own routes. Raises RouteTableError."""
    used = sorted({row.service for row in table.rows})
    for name in used:
        if name not in settings.services:
            raise RouteTableError(f"The route table names the service {name}, whose address is not set.")
    return {
        "version": 1,
        "services": {name: _service(settings.services[name]) for name in used},
        "routes": [route for row in table.rows for route in _own_routes(settings, row)],
        "closed_paths": list(CLOSED_PATHS),
    }


def _own_routes(settings: RouteFileSettings, row: Route) -> Iterator[Object]:
    common = {"paths": _paths(row), "service": row.service, **_checks(row)}
    # the service is named, so that the plugin's counters are there before the first request
    own = {"service": settings.idempotency.get("service", row.service)}
    return _split(row, row.name, f"{row.name}.keyed", common, settings, settings.services[row.service], own)


class ExternalRoute(_Strict):
    """One entry: its requests go to `upstream` (`<ip>:<port>`). `own_host`: the host is not the platform's.

    Without hosts it is a route on one machine, where the platform has every host.
    """

    hosts: tuple[str, ...] = ()
    paths: tuple[RowPath, ...] = Field(min_length=1)
    methods: tuple[Method, ...] = Field(min_length=1)
    auth: Auth
    roles: tuple[Role, ...] = ()
    bearer: bool = False
    own_host: bool = False
    upstream: str
    idempotency: Idempotency = NOT_IDEMPOTENT

    def route(self, name: str) -> Route:
        """Return the route of the entry."""
        return Route(
            key=RouteKey("", name),
            paths=tuple(path.parsed for path in self.paths),
            service=name,
            port="http",
            methods=self.methods,
            auth=self.auth,
            roles=self.roles,
            bearer=self.bearer,
            idempotency=self.idempotency,
        )


class HostRoute(ExternalRoute):
    """An entry on Kubernetes, which has a host."""

    hosts: tuple[str, ...] = Field(min_length=1)


def build_entry(route: Route, platform: Platform, backend: Backend | None) -> Object:
    """Return the operator's entry for a route. Without a Service that can be used its requests get a 502."""
    usable = backend is not None and is_usable(route, backend)
    upstream = f"{_bracketed(backend.address)}:{route.port}" if backend and usable else NOWHERE
    entry = external_route(route, upstream, (platform.host_of(route),), own_host=not platform.is_own_host(route))
    return entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def external_route(route: Route, upstream: str, hosts: tuple[str, ...] = (), own_host: bool = False) -> ExternalRoute:
    """Return the entry of a valid route. Raises ValidationError."""
    return ExternalRoute(
        hosts=hosts,
        paths=tuple(RowPath(path=path.path, type=path.type) for path in route.paths),
        methods=route.methods,
        auth=route.auth,
        roles=route.roles,
        bearer=route.bearer,
        own_host=own_host,
        upstream=upstream,
        idempotency=route.idempotency,
    )


def reduced(entry: Object | None, to: Route | None, platform: Platform) -> Object | None:
    """Return `entry` reduced to what `to` also allows: paths, host, trust in the identity of requests."""
    if entry is None or to is None:
        return None
    is_same = entry["hosts"] == [platform.host_of(to)] and (entry["auth"] == "public") == (to.auth == "public")
    asked = {(path.path, path.type) for path in to.paths}
    paths = [path for path in entry["paths"] if (path["path"], path.get("type", "Prefix")) in asked]
    return {**entry, "paths": paths} if is_same and paths else None


class ExternalTable(_Strict):
    """A table of entries by the routes' names: each is checked by itself, so that one that is wrong stops no other.

    The serial grows with each change that the operator makes.
    """

    version: Literal[1] = 1
    serial: int = 0
    routes: dict[str, Any] = Field(default_factory=dict)


def load_external_table(file: File) -> ExternalTable:
    """Read a table. Raises RouteTableError."""
    try:
        return _parsed(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RouteTableError(f"The table {file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise RouteTableError(f"The table {file} is wrong{_first_fault(error)}.") from None


@functools.lru_cache(maxsize=32)
def _parsed(text: str) -> ExternalTable:
    # read every second, and seldom changed
    return ExternalTable.model_validate_json(text)


def external_file(settings: RouteFileSettings, tables: Mapping[int, ExternalTable]) -> str:
    """Return the text of the gateway's file of external routes; an entry that is wrong is in it with the reason.

    Of a route that is moving from one table to another the newer entry counts.
    """
    routes: dict[str, Any] = {}
    for table in sorted(tables.values(), key=lambda table: table.serial):
        routes |= table.routes
    rows = (_checked_row(name, given, settings) for name, given in sorted(routes.items()))
    return _external_text({str(number): table.serial for number, table in tables.items()}, rows)


def local_file(settings: RouteFileSettings, serial: int, routes: Mapping[str, ExternalRoute]) -> str:
    """Return the text of the file of external routes on one machine."""
    rows = (_row(name, route, settings) | {"any_host": True} for name, route in sorted(routes.items()))
    return _external_text({"0": serial}, rows)


def _external_text(serials: Mapping[str, int], rows: Iterable[Object]) -> str:
    return json.dumps({"version": 1, "serials": serials, "rows": list(rows)}, separators=(",", ":")) + "\n"


def _checked_row(name: str, given: Any, settings: RouteFileSettings) -> Object:
    try:
        entry = HostRoute.model_validate(given)
    except ValidationError as error:
        return {"name": name, "invalid": f"The row is wrong{_first_fault(error)}."}
    return _row(name, entry, settings)


def _row(name: str, entry: ExternalRoute, settings: RouteFileSettings) -> Object:
    upstream = Upstream(addresses=(entry.upstream,), **settings.default_timeouts)
    route = entry.route(name)
    common = {
        "hosts": list(entry.hosts),
        "paths": _paths(route),
        "service": name,
        "joined": True,
        "own_host": entry.own_host,
        **_checks(route),
    }
    # no other row can have the name: a colon is in no name of an object
    routes = _split(route, name, f"{name}:keyed", common, settings, upstream, {})
    return {"name": name, "service": _service(upstream), "routes": list(routes)}


def _split(
    route: Route,
    name: str,
    keyed_name: str,
    common: Object,
    settings: RouteFileSettings,
    upstream: Upstream,
    plugin: Mapping[str, Any],
) -> Iterator[Object]:
    """Yield the gateway's routes: keyed methods are one of their own, because the plugin buffers every response."""
    if route.plain_methods:
        yield {"name": name, **common, "methods": list(route.plain_methods), "plugins": []}
    if route.keyed_methods:
        config = {
            "lock_ttl": _longest_wait_seconds(upstream) + LOCK_MARGIN_SECONDS,
            **settings.idempotency,
            **plugin,
            **route.idempotency.plugin_settings(route.auth),
            "fingerprint_secret": settings.fingerprint_secret,
            "redis": settings.redis.model_dump(exclude_none=True),
        }
        plugins = [{"name": "idempotency", "config": config}]
        yield {"name": keyed_name, **common, "methods": list(route.keyed_methods), "plugins": plugins}


def _paths(route: Route) -> list[Object]:
    return [{"path": path.path, "type": path.type} for path in route.paths]


def _checks(route: Route) -> Object:
    """Return the checks and removed headers of the gateway, besides the idempotency key."""
    return {"auth": route.auth, "roles": list(route.roles), **route.gateway_flags}


def _service(upstream: Upstream) -> Object:
    return {"upstreams": list(upstream.addresses), **upstream.model_dump(exclude={"addresses"})}


def _longest_wait_seconds(upstream: Upstream) -> int:
    """Return after how long the gateway has given up on a request at the latest."""
    milliseconds = upstream.connect_timeout_ms + upstream.send_timeout_ms + upstream.read_timeout_ms
    return math.ceil(milliseconds / 1000)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _first_fault(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{f' at {where}' if where else ''}: {first['msg']}"
