"""The gateway's nginx: its settings, its route file, its configuration."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyAddress, IPvAnyNetwork

from platform_routes.gateway_file import Port, RouteFileSettings, route_file
from platform_routes.table import RouteTable
from platform_standalone.nginx.program import Program, connection_limits, find_modules, find_nginx
from platform_standalone.nginx.templates import GATEWAY_FOLDER, render

LUA_MODULES = ("ndk_http_module", "ngx_http_lua_module")

# In the gateway's folder: the platform's own routes, and those that have joined.
ROUTES_FILE = "routes.json"
JOINED_FILE = "joined.json"

PLUGIN_FOLDER = GATEWAY_FOLDER.parents[1] / "kong-plugins" / "idempotency"


def worker_user() -> str | None:
    """Return the user that nginx's workers run as when the master is root.

    nginx's default user, `nobody`, cannot reach a state folder below a home folder.
    """
    return "root" if os.geteuid() == 0 else None


class HostSettings(BaseModel):
    """The configuration of the nginx process that does not depend on routes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Path
    port: Port
    status_port: Port
    host: IPvAnyAddress = Field(default_factory=lambda: IPvAnyAddress("127.0.0.1"))  # type: ignore[operator]
    # Listen on all IPv6 addresses as well.
    ipv6: bool = False
    trusted: tuple[IPvAnyNetwork, ...] = Field(default_factory=lambda: (IPvAnyNetwork("127.0.0.1/32"),))  # type: ignore[operator]
    plugins: tuple[Path, ...] = (PLUGIN_FOLDER,)
    # The Lua module that runs them: the gateway's own, or the host of Kong's plugins in the plugin's specs.
    plugin_host: str = "gateway.idempotency"
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


class GatewaySettings(HostSettings, RouteFileSettings):
    """The platform's gateway: host, services, and configuration of the idempotency plugin."""


def render_gateway(settings: GatewaySettings, table: RouteTable, external: str | None = None) -> Program:
    """Return the gateway's process for `table`, and for the text of a file of external routes (`external_file`).

    Raises RouteTableError, NginxMissing.
    """
    return render_host(settings, json.dumps(route_file(settings, table), indent=2) + "\n", external)


def render_host(settings: HostSettings, routes: str | Path, external: str | None = None) -> Program:
    """Return a host's process for the text of a route file, or for a route file of someone else's."""
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
        listen=_listeners(settings, settings.port),
        status_listen=_listeners(settings, settings.status_port),
        **connection_limits(settings.worker_connections),
        **settings.model_dump(exclude=_NOT_OF_THE_TEMPLATE),
    )
    files = {folder / "nginx.conf": text}
    if isinstance(routes, str):
        files[routes_file] = routes
    if external is not None:
        files[folder / JOINED_FILE] = external
    folders = (folder, folder / "temp", logs)
    return Program(name="gateway", folder=folder, binary=find_nginx(), files=files, folders=folders)


_NOT_OF_THE_TEMPLATE = {
    "state", "host", "ipv6", "port", "status_port", "plugins", "services", "redis", "worker_connections",
}  # fmt: skip


def lua_path(*roots: Path) -> str:
    """Return where Lua finds the gateway's modules and those below `roots`."""
    return "".join(f"{root.absolute()}/?.lua;" for root in (GATEWAY_FOLDER / "lua", *roots)) + ";"


def _listeners(settings: HostSettings, port: int) -> list[str]:
    every_ipv6 = [f"[::]:{port}"] if settings.ipv6 else []
    return [listen(settings.host, port), *every_ipv6]


def listen(host: IPvAnyAddress, port: int) -> str:
    """Return an address in the syntax of nginx's `listen`."""
    return f"[{host}]:{port}" if host.version == 6 else f"{host}:{port}"
