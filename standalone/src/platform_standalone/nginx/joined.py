"""Routes of services that are no part of the platform: a table beside the platform's own, written by the operator."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from platform_standalone.nginx.gateway import GatewaySettings, Upstream, plugin_config
from platform_standalone.nginx.routes import Auth, CookieName, Method, Role, RoutePath, RouteTableError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JoinedIdempotency(_Strict):
    """Which methods are made replay-safe, and how; what is not said is as on the platform's own routes."""

    methods: tuple[Method, ...] = ()
    required: bool = False
    on_unknown: Literal["keep", "release"] = "keep"
    ttl: Annotated[int | None, Field(ge=1)] = None
    fail_mode: Literal["closed", "open"] | None = None
    scope_cookies: tuple[CookieName, ...] | None = None
    anonymous: Literal["client_ip", "reject", "bypass"] | None = None

    @property
    def overrides(self) -> dict[str, Any]:
        """What the plugin is told instead of the platform's own settings."""
        return self.model_dump(include={"ttl", "fail_mode", "scope_cookies", "anonymous"}, exclude_none=True)


class JoinedRoute(_Strict):
    """One route: its requests go to `upstream` (`<ip>:<port>`). `own_host`: the host is not the platform's."""

    hosts: tuple[str, ...] = Field(min_length=1)
    paths: tuple[RoutePath, ...] = Field(min_length=1)
    methods: tuple[Method, ...] = Field(min_length=1)
    auth: Auth
    roles: tuple[Role, ...] = ()
    bearer: bool = False
    cookies: Literal[False] = False
    own_host: bool = False
    upstream: str
    idempotency: JoinedIdempotency = JoinedIdempotency()
    # Written by operators of version 0.1; the router needs it no longer.
    closed: tuple[Method, ...] = ()


class AnyHostRoute(JoinedRoute):
    """A route on one machine, where the platform has every host."""

    hosts: tuple[str, ...] = Field(default=(), max_length=0)


class JoinedTable(_Strict):
    """A table by the routes' names: each is checked by itself, so that one that is wrong stops no other.

    The serial grows with each change that the operator makes.
    """

    version: Literal[1] = 1
    serial: int = 0
    routes: dict[str, Any] = Field(default_factory=dict)


def load_joined(file: Path) -> JoinedTable:
    """Read a table. Raises RouteTableError."""
    try:
        return _parsed(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RouteTableError(f"The table {file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise RouteTableError(f"The table {file} is wrong{_first_fault(error)}.") from None


@functools.lru_cache(maxsize=32)
def _parsed(text: str) -> JoinedTable:
    # looked at every second, and seldom another one
    return JoinedTable.model_validate_json(text)


def joined_file(settings: GatewaySettings, tables: Mapping[int, JoinedTable]) -> str:
    """Return the text of the gateway's table of joined routes; a row that is wrong is in it with the reason.

    Of a route that is moving from one table to another the newer entry counts.
    """
    routes: dict[str, Any] = {}
    for table in sorted(tables.values(), key=lambda table: table.serial):
        routes |= table.routes
    document = {
        "version": 1,
        "serials": {str(number): table.serial for number, table in tables.items()},
        "rows": [_row(name, given, settings) for name, given in sorted(routes.items())],
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def local_file(settings: GatewaySettings, serial: int, routes: Mapping[str, AnyHostRoute]) -> str:
    """Return the text of the table of routes that have joined on one machine."""
    rows = [_row_of(name, route, settings) | {"any_host": True} for name, route in sorted(routes.items())]
    return json.dumps({"version": 1, "serials": {"0": serial}, "rows": rows}, separators=(",", ":")) + "\n"


def _row(name: str, given: Any, settings: GatewaySettings) -> dict[str, Any]:
    try:
        route = JoinedRoute.model_validate(given)
    except ValidationError as error:
        return {"name": name, "invalid": f"The row is wrong{_first_fault(error)}."}
    return _row_of(name, route, settings)


def _row_of(name: str, route: JoinedRoute, settings: GatewaySettings) -> dict[str, Any]:
    upstream = Upstream(addresses=(route.upstream,), **settings.default_timeouts)
    service = {"upstreams": [route.upstream], **upstream.model_dump(exclude={"addresses"})}
    return {"name": name, "service": service, "routes": list(_routes(name, route, upstream, settings))}


def _routes(name: str, route: JoinedRoute, upstream: Upstream, settings: GatewaySettings) -> Iterator[dict[str, Any]]:
    common = {
        "hosts": list(route.hosts),
        "paths": [path.model_dump() for path in route.paths],
        "service": name,
        "joined": True,
        **route.model_dump(mode="json", include={"auth", "roles", "bearer", "cookies", "own_host"}),
    }
    keyed = [method for method in route.methods if method in route.idempotency.methods]
    plain = [method for method in route.methods if method not in keyed]
    if plain:
        yield {"name": name, **common, "methods": plain, "plugins": []}
    if keyed:
        given = route.idempotency
        config = plugin_config(settings, upstream, route.auth, given.required, given.on_unknown, given.overrides)
        plugins = [{"name": "idempotency", "config": config}]
        # no other row can have the name: a colon is in no name of an object
        yield {"name": f"{name}:keyed", **common, "methods": keyed, "plugins": plugins}


def _first_fault(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{f' at {where}' if where else ''}: {first['msg']}"
