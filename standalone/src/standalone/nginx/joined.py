"""Routes of services that are no part of the platform: a table beside the platform's own, written by the operator."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from standalone.nginx.gateway import GatewaySettings, Upstream, plugin_config
from standalone.nginx.routes import Auth, CookieName, Method, RoutePath, RouteTableError


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
    """One route: its requests go to `upstream` (`<ip>:<port>`). `closed`: methods that no wider row may take."""

    hosts: tuple[str, ...] = Field(min_length=1)
    paths: tuple[RoutePath, ...] = Field(min_length=1)
    methods: tuple[Method, ...] = Field(min_length=1)
    auth: Auth
    bearer: bool = False
    cookies: Literal[False] = False
    upstream: str
    idempotency: JoinedIdempotency = JoinedIdempotency()
    closed: tuple[Method, ...] = ()


class JoinedTable(_Strict):
    """The table, by the routes' names."""

    version: Literal[1] = 1
    routes: dict[str, JoinedRoute] = Field(default_factory=dict)


def load_joined(file: Path) -> JoinedTable:
    """Read the table; without a file it is empty. Raises RouteTableError."""
    try:
        return _parsed(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return JoinedTable()
    except OSError as error:
        raise RouteTableError(f"The table {file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RouteTableError(f"The table {file} is wrong{f' at {where}' if where else ''}: {first['msg']}.") from None


@functools.lru_cache(maxsize=1)
def _parsed(text: str) -> JoinedTable:
    # looked at every second, and seldom another one
    return JoinedTable.model_validate_json(text)


def with_joined(document: dict[str, Any], settings: GatewaySettings, table: JoinedTable) -> dict[str, Any]:
    """Return the gateway's route file with the table's services and routes."""
    services, routes = dict(document["services"]), list(document["routes"])
    for name, route in table.routes.items():
        upstream = Upstream(addresses=(route.upstream,), **settings.default_timeouts)
        services[name] = {"upstreams": [route.upstream], **upstream.model_dump(exclude={"addresses"})}
        routes += _routes(name, route, upstream, settings)
    return {**document, "services": services, "routes": routes}


def _routes(name: str, route: JoinedRoute, upstream: Upstream, settings: GatewaySettings) -> Iterator[dict[str, Any]]:
    paths = [path.model_dump() for path in route.paths]
    place = {"hosts": list(route.hosts), "paths": paths}
    behind = {"service": name, "auth": route.auth, "bearer": route.bearer, "cookies": route.cookies}
    keyed = [method for method in route.methods if method in route.idempotency.methods]
    plain = [method for method in route.methods if method not in keyed]
    if plain:
        yield {"name": name, **place, "methods": plain, **behind, "plugins": []}
    if keyed:
        given = route.idempotency
        config = plugin_config(settings, upstream, route.auth, given.required, given.on_unknown, given.overrides)
        plugins = [{"name": "idempotency", "config": config}]
        yield {"name": f"{name}.keyed", **place, "methods": keyed, **behind, "plugins": plugins}
    if closed := [method for method in route.closed if method not in route.methods]:
        yield {"name": f"{name}.closed", **place, "methods": closed, "closed": True}
