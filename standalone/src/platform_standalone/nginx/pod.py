"""`python -m platform_standalone.nginx.pod`: the gateway as a container, configured by environment variables.

Addresses come from DNS. nginx is given addresses, not names: each name is looked up again every
`GATEWAY_REFRESH_SECONDS`, and a changed route file is loaded without a lost request. SIGTERM lets nginx finish the
requests in progress.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from platform_routes.gateway_file import RedisSettings, Upstream, external_file, route_file
from platform_routes.table import RouteTable, RouteTableError, table_of
from platform_standalone.nginx.error_log import FilteredOutput, without_request_data
from platform_standalone.nginx.external_tables import ExternalTables
from platform_standalone.nginx.gateway import JOINED_FILE, ROUTES_FILE, GatewaySettings, render_gateway
from platform_standalone.nginx.program import NginxMissing, Program, replace

PREFIX = "GATEWAY_"
HTTP_PORT = 8000
STATUS_PORT = 9090

# How long a start waits for the first addresses: a name may be younger than the pod (seconds).
FIRST_ADDRESSES_SECONDS = 60


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class PodSettings(BaseModel):
    """Settings of the container: `GATEWAY_<NAME>` for each field; JSON where it is no plain value."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    # The `routes:` of the enabled services.
    table: Path = Path("/etc/gateway/routes.yaml")
    # Tables of the routes of joined services, `<number>.json`; none without an operator.
    joined_tables: Path = Path("/etc/gateway-joined")
    # Where the operator gives them out as soon as they change; empty: nowhere.
    joined_url: str = ""
    state: Path = Path("/var/lib/gateway")
    # By service, `host:port` names in order of preference: the first that has an address counts.
    services: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_json)]
    redis_host: str
    redis_port: int = 6379
    redis_username: str = "gateway"
    redis_database: int = 0
    trusted: Annotated[tuple[str, ...], BeforeValidator(_json)]
    idempotency: Annotated[dict[str, Any], BeforeValidator(_json)] = Field(default_factory=dict)
    timeouts: Annotated[dict[str, int], BeforeValidator(_json)] = Field(default_factory=dict)
    workers: int = Field(default=2, ge=1)
    max_body_bytes: int = Field(default=1048576, ge=0)
    shutdown_seconds: int = Field(default=30, ge=1)
    refresh_seconds: float = Field(default=1, gt=0)


class Unresolved(Exception):
    """None of a component's names has an address; the message is one sentence."""


def read_settings(environment: Mapping[str, str]) -> PodSettings:
    """Return the settings. Raises ValidationError."""
    fields = {
        name: environment[PREFIX + name.upper()]
        for name in PodSettings.model_fields
        if PREFIX + name.upper() in environment
    }
    return PodSettings.model_validate(fields)


def addresses(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return `ip:port` of the first name that has addresses, sorted. Raises Unresolved."""
    for name in names:
        host, _, port = name.rpartition(":")
        try:
            found = {str(info[4][0]) for info in socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)}
        except socket.gaierror:
            continue
        return tuple(f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" for ip in sorted(found))
    raise Unresolved(f"No address is known for {' or '.join(names)}.")


def gateway_settings(settings: PodSettings) -> GatewaySettings:
    """Return the gateway's settings with the addresses of this moment. Raises Unresolved, ValidationError."""
    redis = addresses((f"{settings.redis_host}:{settings.redis_port}",))[0].rpartition(":")[0].strip("[]")
    return GatewaySettings.model_validate(
        {
            "state": settings.state,
            "error_log": "stderr",
            "host": "0.0.0.0",
            "ipv6": socket.has_dualstack_ipv6(),
            "port": HTTP_PORT,
            "status_port": STATUS_PORT,
            "trusted": settings.trusted,
            "workers": settings.workers,
            "max_body_bytes": settings.max_body_bytes,
            "shutdown_seconds": settings.shutdown_seconds,
            "idempotency": settings.idempotency,
            "default_timeouts": settings.timeouts,
            "fingerprint_secret": "{vault://env/gateway-fingerprint-secret}",
            "services": {
                name: Upstream(addresses=addresses(names), **settings.timeouts)
                for name, names in settings.services.items()
            },
            "redis": RedisSettings(
                host=redis,
                port=settings.redis_port,
                database=settings.redis_database,
                username=settings.redis_username,
                password="{vault://env/gateway-redis-password}",  # noqa: S106 (a reference)
            ),
        }
    )


def external_tables(settings: PodSettings) -> ExternalTables:
    """Return the source of the tables of external routes."""
    return ExternalTables(settings.joined_tables, settings.joined_url, f"http://127.0.0.1:{STATUS_PORT}/joined")


def route_files(settings: PodSettings, joined: ExternalTables) -> dict[Path, str]:
    """Return the gateway's route files of this moment.

    Raises Unresolved, RouteTableError, ValidationError, OSError, YAMLError, KeyError.
    """
    gateway = gateway_settings(settings)
    folder = settings.state.absolute() / "gateway"
    own = json.dumps(route_file(gateway, _own_table(settings)), indent=2) + "\n"
    return {folder / ROUTES_FILE: own, folder / JOINED_FILE: external_file(gateway, joined.read())}


def program(settings: PodSettings, joined: ExternalTables) -> Program:
    """Return nginx with its files. Raises as `route_files`, and NginxMissing."""
    gateway = gateway_settings(settings)
    return render_gateway(gateway, _own_table(settings), external_file(gateway, joined.read()))


def _own_table(settings: PodSettings) -> RouteTable:
    return table_of(yaml.safe_load(settings.table.read_text(encoding="utf-8"))["routes"], settings.services)


def log_to_standard_output(settings: PodSettings) -> None:
    """Let nginx's access log be the container's own output."""
    logs = settings.state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    link = logs / "gateway.access.log"
    link.unlink(missing_ok=True)
    link.symlink_to("/dev/stdout")


def refreshed(
    settings: PodSettings, joined: ExternalTables, stop: threading.Event, present: Mapping[Path, str]
) -> Iterator[tuple[Path, str]]:
    """Yield each route file that differs from the one before, until `stop`. What fails changes nothing but the log."""
    written = dict(present)
    trouble = ""
    while not stop.wait(settings.refresh_seconds):
        try:
            files = route_files(settings, joined)
        except (Unresolved, RouteTableError, ValidationError, OSError, yaml.YAMLError, KeyError) as error:
            if str(error) != trouble:
                trouble = str(error)
                _log(f"The routes stay as they are: {trouble}")
            continue
        trouble = ""
        for path, text in files.items():
            if written.get(path) != text:
                written[path] = text
                yield path, text


def main() -> int:
    """Run until a signal. Returns the exit code: 2 for invalid settings, 1 if nginx exited by itself."""
    stop = threading.Event()
    try:
        settings = read_settings(os.environ)
        joined = external_tables(settings)
        # a mounted table may be a minute old
        joined.exchange()
        nginx = _first(settings, joined, stop)
    except (ValidationError, RouteTableError, NginxMissing, Unresolved, OSError, KeyError, ValueError) as error:
        _log(f"The gateway cannot start: {error}")
        return 2
    log_to_standard_output(settings)
    nginx.write()
    errors = FilteredOutput(without_request_data, sys.stderr.fileno())
    with errors.writer:
        child = subprocess.Popen(nginx.argv, stdin=subprocess.DEVNULL, stderr=errors.writer.fileno())

    def drain(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        child.send_signal(nginx.drain_signal)

    signal.signal(signal.SIGTERM, drain)
    signal.signal(signal.SIGINT, drain)
    exchange = (stop, settings.refresh_seconds)
    threading.Thread(target=joined.keep_exchanging, args=exchange, daemon=True).start()
    threading.Thread(target=_keep_routes, args=(settings, joined, stop, nginx), daemon=True).start()
    code = child.wait()
    errors.join()
    return 0 if code == 0 else 1


def _first(settings: PodSettings, joined: ExternalTables, stop: threading.Event) -> Program:
    waited = 0.0
    while True:
        try:
            return program(settings, joined)
        except Unresolved:
            if waited >= FIRST_ADDRESSES_SECONDS:
                raise
        stop.wait(settings.refresh_seconds)
        waited += settings.refresh_seconds


def _keep_routes(settings: PodSettings, joined: ExternalTables, stop: threading.Event, nginx: Program) -> None:
    for path, text in refreshed(settings, joined, stop, nginx.files):
        replace(path, text)


def _log(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 (the container's log)


if __name__ == "__main__":
    sys.exit(main())
