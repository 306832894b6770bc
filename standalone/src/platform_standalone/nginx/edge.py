"""The edge's nginx: one location per path of the table, each with its query to auth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyAddress, IPvAnyNetwork

from platform_routes import cors
from platform_routes.gateway_file import Port
from platform_routes.locations import locations, verify_queries
from platform_routes.paths import CLOSED_PATHS
from platform_routes.table import RouteTable
from platform_routes.verify import OPTIONAL_QUERY
from platform_standalone.nginx.gateway import LUA_MODULES, listen, lua_path, worker_user
from platform_standalone.nginx.program import Program, connection_limits, find_modules, find_nginx
from platform_standalone.nginx.templates import render

Address = Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]+$")]
# As browsers write it: no path, no wildcard.
ORIGIN_PATTERN = r"^https?://[a-z0-9.-]+(:[0-9]+)?$"
Origin = Annotated[str, Field(pattern=ORIGIN_PATTERN)]

# What nginx itself may respond with, here or in place of the gateway.
PROBLEMS = (400, 401, 403, 404, 405, 408, 411, 413, 414, 417, 429, 500, 501, 502, 503, 504, 505)

# Whose rows are pages; all others are the API.
PAGES_SERVICE = "web"


class EdgeSettings(BaseModel):
    """The edge's addresses: its own, and those of its upstreams."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Path
    port: Port
    gateway: Address
    auth: Address
    host: IPvAnyAddress = Field(default_factory=lambda: IPvAnyAddress("127.0.0.1"))  # type: ignore[operator]
    user: str | None = Field(default_factory=worker_user)
    workers: int | Literal["auto"] = "auto"
    # Over two workers more than one address can have open to one port: one machine shuts no one out.
    worker_connections: int = Field(default=32768, ge=16)
    # Requests under way, their headers read: a slow body counts, an idle connection does not.
    connections_per_address: int = Field(default=512, ge=1)
    # Whose X-Forwarded-For and X-Forwarded-Proto count.
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    # Whose scripts may call the API; exact.
    cors_origins: tuple[Origin, ...] = ()
    max_body_bytes: int = Field(default=1048576, ge=0)
    # For the whole header, and between two reads of a body.
    client_timeout_seconds: int = Field(default=10, ge=1)
    connect_timeout_seconds: int = Field(default=2, ge=1)
    read_timeout_seconds: int = Field(default=75, ge=1)
    verify_connect_seconds: int = Field(default=1, ge=1)
    verify_read_seconds: int = Field(default=5, ge=1)
    upstream_connections: int = Field(default=128, ge=1)
    upstream_idle_seconds: int = Field(default=30, ge=1)
    shutdown_seconds: int = Field(default=30, ge=1)
    # "stderr" where the process that starts nginx filters its messages (`error_log.FilteredOutput`).
    error_log: Literal["file", "stderr"] = "file"
    log_level: Literal["debug", "info", "notice", "warn", "error", "crit"] = "notice"


def render_edge(settings: EdgeSettings, table: RouteTable) -> Program:
    """Return the edge's process for `table`. Raises NginxMissing."""
    folder = settings.state.absolute() / "edge"
    logs = settings.state.absolute() / "logs"
    queries = verify_queries(table)
    rendered = list(locations(table, queries))
    text = render(
        "edge.conf.j2",
        name="edge",
        folder=folder,
        logs=logs,
        modules=find_modules(*LUA_MODULES),
        lua_path=lua_path(),
        listen=listen(settings.host, settings.port),
        closed_paths=CLOSED_PATHS,
        locations=rendered,
        routes_root=any(location.match == "/" for location in rendered),
        verify_queries=queries,
        optional_query=OPTIONAL_QUERY,
        page_routes=sorted(row.name for row in table.rows if row.service == PAGES_SERVICE),
        problems=PROBLEMS,
        cors_allowed_headers=cors.ALLOWED_HEADERS,
        cors_exposed_headers=cors.EXPOSED_HEADERS,
        **connection_limits(settings.worker_connections),
        **settings.model_dump(exclude={"state", "host", "port", "worker_connections"}),
    )
    return Program(
        name="edge",
        folder=folder,
        binary=find_nginx(),
        files={folder / "nginx.conf": text},
        folders=(folder, folder / "temp", logs),
    )
