"""The standalone gateway: entries of its tables, and the policy that lets its pods reach the service."""

from __future__ import annotations

from collections.abc import Callable

from platform_operator.kube.kinds import NETWORK_POLICY
from platform_operator.routes.gateways.gateway import GatewayFull
from platform_operator.routes.gateways.reports import GatewayReports
from platform_operator.routes.live import Live, ObjectId
from platform_operator.routes.tables import Tables
from platform_operator.routes.writer import ObjectWriter
from platform_routes.gateway_file import build_entry, reduced
from platform_routes.model import Backend, Object, Route, RouteKey
from platform_routes.objects import build_egress_policies
from platform_routes.platform import Platform

# How long to wait for news of the gateway's pods (seconds); they report every second, and news wakes the route at once.
WAIT_SECONDS = 5.0


class StandaloneGateway:
    """The platform's own gateway."""

    def __init__(
        self,
        platform: Platform,
        tables: Tables,
        reports: GatewayReports,
        writer: ObjectWriter,
        write_soon: Callable[[], None],
    ) -> None:
        self._platform = platform
        self._tables = tables
        self._reports = reports
        self._writer = writer
        self._write_soon = write_soon
        # Routes from which nothing was removed since the gateway applied its tables.
        self._settled: set[RouteKey] = set()

    async def withdraw(self, key: RouteKey, to: Route | None) -> float:
        """Reduce the route's entry to what `to` also allows. Raises ApiError."""
        entry = self._tables.entry(key)
        kept = reduced(entry, to, self._platform)
        if to and kept == entry and key in self._settled:
            return 0.0
        self._settled.discard(key)
        if kept is None:
            # the network closes at once, the table follows
            for which, live in self._writer.live(key).items():
                if _is_egress_policy(which, live):
                    await self._writer.remove(key, which)
        wait = self._set_entry(key, kept)
        if to and not wait:
            self._settled.add(key)
        return wait

    async def program(self, route: Route, backend: Backend | None) -> float:
        """Write the route's entry. Raises ApiError, NameTaken and GatewayFull."""
        wanted = build_egress_policies(route, self._platform, backend)
        for body in wanted:
            await self._writer.write(route.key, body)
        names = {ObjectId.from_body(body) for body in wanted}
        for which, live in self._writer.live(route.key).items():
            if which not in names and _is_egress_policy(which, live):
                await self._writer.remove(route.key, which)
        return self._set_entry(route.key, build_entry(route, self._platform, backend))

    def owns(self, which: ObjectId, live: Live) -> bool:
        """Tell whether an object is the gateway's: the policy of its way out."""
        return _is_egress_policy(which, live)

    def faults(self, key: RouteKey) -> str:
        """Return the reason that a pod of the gateway rejected the route, or nothing."""
        return self._reports.refusal(key)

    def _set_entry(self, key: RouteKey, entry: Object | None) -> float:
        try:
            self._tables.set_entry(key, entry)
        except GatewayFull:
            self._write_soon()
            raise
        if not self._tables.is_written(key):
            self._write_soon()
            return WAIT_SECONDS
        return 0.0 if self._reports.has_loaded(self._tables.written_at(key), key) else WAIT_SECONDS


def _is_egress_policy(which: ObjectId, live: Live) -> bool:
    return which.kind == NETWORK_POLICY.kind and live.read().get("spec", {}).get("policyTypes") == ["Egress"]
