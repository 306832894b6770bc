"""Edge and gateway of one machine: configured with the platform's routes and those of joined services."""

from __future__ import annotations

from collections.abc import Mapping

from platform_routes.gateway_file import RedisSettings, Upstream, local_file
from platform_routes.table import RouteTable
from platform_standalone.joining.manifest import JoinedService
from platform_standalone.joining.registry import SERVICES, Registered, Registry, platform_table
from platform_standalone.nginx.edge import EdgeSettings, render_edge
from platform_standalone.nginx.gateway import GatewaySettings, render_gateway
from platform_standalone.nginx.program import Program
from platform_standalone.ports import LOOPBACK
from platform_standalone.settings import PlatformSettings, cors_origins, trusted_proxies

# Visitors do not wait longer for a page; web's own requests to services end earlier.
PAGE_MILLISECONDS = 15_000


class Front:
    """The two nginx processes in front of the services, and the joined services at the start."""

    def __init__(self, settings: PlatformSettings) -> None:
        self._settings = settings
        self._table = platform_table(settings.checkout)
        self.registered = registered(settings)

    def programs(self) -> tuple[Program, Program]:
        """Return gateway and edge for a start. Raises NginxMissing, RouteTableError."""
        services = self.registered.services
        return self.gateway(services, serial=0), self.edge(services)

    def gateway(self, services: Mapping[str, JoinedService], serial: int) -> Program:
        """Return the gateway that serves `services` besides the platform's own. Raises PlatformError."""
        settings = self._gateway_settings()
        routes = {service.row.name: service.entry() for service in services.values()}
        return render_gateway(settings, self._table, local_file(settings, serial, routes))

    def edge(self, services: Mapping[str, JoinedService]) -> Program:
        """Return the edge that checks requests for `services` besides the platform's own."""
        rows = (*self._table.rows, *(service.row for service in services.values()))
        return render_edge(self._edge_settings(), RouteTable(rows=rows))

    def _gateway_settings(self) -> GatewaySettings:
        ports = self._settings.ports
        return GatewaySettings(
            state=self._settings.state.root,
            error_log="stderr",
            port=ports.gateway,
            status_port=ports.gateway_status,
            services={name: self._upstream(name) for name in SERVICES},
            redis=RedisSettings(
                host=LOOPBACK,
                port=ports.valkey_idempotency,
                username="gateway",
                password="{vault://env/gateway-redis-password}",  # noqa: S106 (a reference to one)
            ),
            fingerprint_secret="{vault://env/gateway-fingerprint-secret}",  # noqa: S106 (a reference to one)
        )

    def _edge_settings(self) -> EdgeSettings:
        return EdgeSettings(
            state=self._settings.state.root,
            error_log="stderr",
            host=self._settings.edge_host,
            port=self._settings.ports.edge,
            gateway=self._address("gateway"),
            auth=self._address("auth"),
            trusted_proxies=trusted_proxies(self._settings.caller),
            cors_origins=cors_origins(self._settings.caller),
        )

    def _upstream(self, service: str) -> Upstream:
        timeouts = {"read_timeout_ms": PAGE_MILLISECONDS} if service == "web" else {}
        return Upstream(addresses=(self._address(service),), **timeouts)

    def _address(self, component: str) -> str:
        return f"{LOOPBACK}:{getattr(self._settings.ports, component)}"


def registered(settings: PlatformSettings) -> Registered:
    """Return the joined services of this moment."""
    return Registry(settings.checkout, settings.state.joined).load()
