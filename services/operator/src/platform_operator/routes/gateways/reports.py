"""Reports of the standalone gateway's pods about the tables that they have loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from platform_operator.routes.state import SERVICE_LABEL
from platform_operator.routes.tables import Serials
from platform_routes.model import Object, RouteKey
from platform_routes.platform import Platform


@dataclass(frozen=True)
class Report:
    """The serials of the tables that every worker of a pod follows, and the routes that it refuses, with the reason."""

    serials: Mapping[int, int] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


class GatewayReports:
    """The last report of each pod that may send requests on, by its address."""

    def __init__(self, platform: Platform, wake: Callable[[Iterable[RouteKey]], None]) -> None:
        self._namespace = platform.namespace
        self._service = platform.gateway.service
        self._wake = wake
        self._slices: dict[str, frozenset[str]] = {}
        self._reports: dict[str, Report] = {}
        self._waiting: set[RouteKey] = set()

    @property
    def addresses(self) -> frozenset[str]:
        """The pods that may send requests on: also those that are about to end."""
        return frozenset().union(*self._slices.values())

    def handle_event(self, body: Object, gone: bool) -> bool:
        """Handle an EndpointSlice; return whether the gateway gained its first pod or lost its last."""
        metadata = body["metadata"]
        is_ours = (metadata.get("labels") or {}).get(SERVICE_LABEL) == self._service
        if metadata.get("namespace") != self._namespace or not is_ours:
            return False
        before = self.addresses
        if gone:
            self._slices.pop(metadata["name"], None)
        else:
            self._slices[metadata["name"]] = _serving(body)
        if before == self.addresses:
            return False
        for address in self._reports.keys() - self.addresses:
            del self._reports[address]
        self._wake_waiting()
        return bool(before) != bool(self.addresses)

    def record(self, address: str, report: Report) -> None:
        """Record a pod's report; that of an unknown pod counts once the pod is known."""
        before = self._reports.get(address)
        if before == report:
            return
        self._reports[address] = report
        changed = (before.refused if before else {}).items() ^ report.refused.items()
        self._wake({_route(row) for row, _ in changed})
        self._wake_waiting()

    def has_loaded(self, serials: Serials, key: RouteKey) -> bool:
        """Tell whether every pod follows tables of at least these serials; if not, `key` is woken when one does."""
        reports = [self._reports.get(address, Report()) for address in self.addresses]
        if all(report.serials.get(number, 0) >= serial for report in reports for number, serial in serials.items()):
            self._waiting.discard(key)
            return True
        self._waiting.add(key)
        return False

    def refusal(self, key: RouteKey) -> str:
        """Return why some pod refuses the route, or nothing."""
        reasons = (reason for report in self._reports.values() for row, reason in report.refused.items())
        rows = (row for report in self._reports.values() for row in report.refused)
        return next((reason for row, reason in zip(rows, reasons, strict=True) if _route(row) == key), "")

    def _wake_waiting(self) -> None:
        waiting, self._waiting = self._waiting, set()
        self._wake(waiting)


def _serving(body: Object) -> frozenset[str]:
    found: set[str] = set()
    for endpoint in body.get("endpoints") or ():
        conditions = endpoint.get("conditions") or {}
        if conditions.get("serving", conditions.get("ready")) is not False:
            found.update(endpoint.get("addresses") or ())
    return frozenset(found)


def _route(row: str) -> RouteKey:
    """Return the route of a row of the gateway: `namespace/name`, perhaps with `:keyed` or `:closed`."""
    namespace, _, name = row.partition(":")[0].partition("/")
    return RouteKey(namespace, name)
