"""The gateway's nginx: its settings, its route file, its configuration."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyAddress, IPvAnyNetwork

from platform_standalone.nginx.program import Program, connection_limits, find_modules, find_nginx
from platform_standalone.nginx.routes import CLOSED_PATHS, RouteTable, RouteTableError, Row
from platform_standalone.nginx.templates import GATEWAY_FOLDER, render

Port = Annotated[int, Field(ge=1, le=65535)]

LUA_MODULES = ("ndk_http_module", "ngx_http_lua_module")

# In the gateway's folder: the platform's own routes, and those that have joined.
ROUTES_FILE = "routes.json"
JOINED_FILE = "joined.json"

PLUGIN_FOLDER = GATEWAY_FOLDER.parents[1] / "kong-plugins" / "idempotency"


def worker_user() -> str | None:
    """Return the user that nginx's workers run as when the master is root.

    nginx's own default, nobody, cannot reach a state folder below somebody's home.
    """
    return "root" if os.geteuid() == 0 else None


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# A lock outlives the longest wait for an answer by this much; a gateway that died leaves it for no longer.
LOCK_MARGIN_SECONDS = 5


class Upstream(_Settings):
    """Where a service listens, and how long the gateway waits for it (milliseconds)."""

    addresses: tuple[str, ...] = Field(min_length=1)
    connect_timeout_ms: int = Field(default=2000, ge=1)
    send_timeout_ms: int = Field(default=30000, ge=1)
    read_timeout_ms: int = Field(default=30000, ge=1)


class RedisSettings(_Settings):
    """Where the plugin keeps locks and answers. `password` may be a `{vault://env/NAME}` reference."""

    host: str
    port: Port = 6379
    database: int = Field(default=0, ge=0)
    username: str | None = None
    password: str | None = None


class HostSettings(_Settings):
    """What the nginx process needs, whatever its routes are."""

    state: Path
    port: Port
    status_port: Port
    host: IPvAnyAddress = Field(default_factory=lambda: IPvAnyAddress("127.0.0.1"))  # type: ignore[operator]
    trusted: tuple[IPvAnyNetwork, ...] = Field(default_factory=lambda: (IPvAnyNetwork("127.0.0.1/32"),))  # type: ignore[operator]
    plugins: tuple[Path, ...] = (PLUGIN_FOLDER,)
    user: str | None = Field(default_factory=worker_user)
    workers: int | Literal["auto"] = "auto"
    worker_connections: int = Field(default=4096, ge=16)
    max_body_bytes: int = Field(default=1048576, ge=0)
    body_buffer_bytes: int = Field(default=65536, ge=1024)
    client_timeout_seconds: int = Field(default=60, ge=1)
    upstream_connections: int = Field(default=128, ge=1)
    upstream_idle_seconds: int = Field(default=30, ge=1)
    # nginx's `proxy_next_upstream`; Kong's default is "error timeout", which lets nginx send a PUT twice.
    next_upstream: Literal["off", "error timeout"] = "off"
    redis_pool_size: int = Field(default=256, ge=1)
    shutdown_seconds: int = Field(default=30, ge=1)
    # "stderr" where the process that starts nginx filters its messages (`error_log.FilteredOutput`).
    error_log: Literal["file", "stderr"] = "file"
    log_level: Literal["debug", "info", "notice", "warn", "error", "crit"] = "notice"
    # Shared memory that plugins ask for, by name, with nginx's sizes.
    shared_dicts: Mapping[str, str] = Field(default_factory=lambda: {"idempotency_metrics": "1m"})


class GatewaySettings(HostSettings):
    """The platform's gateway: the host, its services, and what the idempotency plugin needs."""

    services: Mapping[str, Upstream]
    redis: RedisSettings
    fingerprint_secret: str
    idempotency: Mapping[str, Any] = Field(default_factory=dict)
    # Of services that are not named here.
    default_timeouts: Mapping[str, int] = Field(default_factory=dict)


def render_gateway(settings: GatewaySettings, table: RouteTable, joined: str | None = None) -> Program:
    """Return the gateway's process for `table`, and for the text of a table of joined routes (`joined_file`).

    Raises RouteTableError, NginxMissing.
    """
    return render_host(settings, json.dumps(route_file(settings, table), indent=2) + "\n", joined)


def render_host(settings: HostSettings, routes: str | Path, joined: str | None = None) -> Program:
    """Return a host's process for the text of a route file, or for a route file of somebody else's."""
    folder = settings.state.absolute() / "gateway"
    logs = settings.state.absolute() / "logs"
    routes_file = routes.absolute() if isinstance(routes, Path) else folder / ROUTES_FILE
    text = render(
        "gateway.conf.j2",
        name="gateway",
        folder=folder,
        logs=logs,
        modules=find_modules(*LUA_MODULES),
        lua_path=lua_path(*settings.plugins),
        routes_file=routes_file,
        joined_file=folder / JOINED_FILE,
        listen=listen(settings.host, settings.port),
        status_listen=listen(settings.host, settings.status_port),
        **connection_limits(settings.worker_connections),
        **settings.model_dump(exclude=_NOT_OF_THE_TEMPLATE),
    )
    files = {folder / "nginx.conf": text}
    if isinstance(routes, str):
        files[routes_file] = routes
    if joined is not None:
        files[folder / JOINED_FILE] = joined
    folders = (folder, folder / "temp", logs)
    return Program(name="gateway", folder=folder, binary=find_nginx(), files=files, folders=folders)


_NOT_OF_THE_TEMPLATE = {
    "state", "host", "port", "status_port", "plugins", "services", "redis", "worker_connections",
}  # fmt: skip


def lua_path(*roots: Path) -> str:
    """Return where Lua finds the gateway's modules and those below `roots`."""
    return "".join(f"{root.absolute()}/?.lua;" for root in (GATEWAY_FOLDER / "lua", *roots)) + ";"


def route_file(settings: GatewaySettings, table: RouteTable) -> dict[str, Any]:
    """Return the gateway's route file: a row with idempotency becomes two disjoint routes. Raises RouteTableError."""
    used = sorted({row.service for row in table.rows})
    for name in used:
        if name not in settings.services:
            raise RouteTableError(f"The route table names the service {name}, whose address is not set.")
    return {
        "version": 1,
        "services": {
            name: {"upstreams": list(upstream.addresses), **upstream.model_dump(exclude={"addresses"})}
            for name, upstream in ((name, settings.services[name]) for name in used)
        },
        "routes": [route for row in table.rows for route in _routes(settings, row)],
        "closed_paths": list(CLOSED_PATHS),
    }


def _routes(settings: GatewaySettings, row: Row) -> list[dict[str, Any]]:
    rest = [method for method in row.methods if method not in row.keyed_methods]
    routes = []
    if rest:
        routes.append(_route(row, row.name, rest, []))
    if row.keyed_methods:
        # a response phase buffers every answer of its route, so the plugin is on a route of its own
        given = row.idempotency
        upstream = settings.services[row.service]
        # named, so that the plugin's counters are there before the first request
        own = given.scope | {"service": settings.idempotency.get("service", row.service)}
        config = plugin_config(settings, upstream, row.auth, given.required, given.on_unknown, own)
        plugin = {"name": "idempotency", "config": config}
        routes.append(_route(row, f"{row.name}.keyed", list(row.keyed_methods), [plugin]))
    return routes


def _route(row: Row, name: str, methods: list[str], plugins: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "paths": [path.model_dump() for path in row.paths],
        "methods": methods,
        "service": row.service,
        "auth": row.auth,
        "roles": list(row.roles),
        "cookies": row.cookies,
        "plugins": plugins,
    }


def plugin_config(
    settings: GatewaySettings,
    upstream: Upstream,
    auth: str,
    required: bool,
    on_unknown: str,
    overrides: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what the idempotency plugin is told on a route to `upstream`."""
    # nobody vouches for an identity header on a public route
    identity = {"identity_header": ""} if auth == "public" else {}
    return {
        "lock_ttl": _longest_answer_seconds(upstream) + LOCK_MARGIN_SECONDS,
        **settings.idempotency,
        **overrides,
        **identity,
        "required": required,
        "on_unknown": on_unknown,
        "fingerprint_secret": settings.fingerprint_secret,
        "redis": settings.redis.model_dump(exclude_none=True),
    }


def _longest_answer_seconds(upstream: Upstream) -> int:
    """Return after how long the gateway has given up on a request at the latest."""
    milliseconds = upstream.connect_timeout_ms + upstream.send_timeout_ms + upstream.read_timeout_ms
    return math.ceil(milliseconds / 1000)


def listen(host: IPvAnyAddress, port: int) -> str:
    """Return an address as nginx's `listen` takes it."""
    return f"[{host}]:{port}" if host.version == 6 else f"{host}:{port}"
