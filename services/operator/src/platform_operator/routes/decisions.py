"""Which routes are accepted. One pure function over everything that is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from platform_operator.routes.model import Grant, Route, RouteKey
from platform_operator.routes.paths import PREFIX, Path, ancestors, covers, is_closed, overlap
from platform_operator.routes.platform import Platform


@dataclass(frozen=True)
class Verdict:
    """Whether a route is accepted, why, in words for its author, and on which grants it stands."""

    accepted: bool
    reason: str
    message: str
    grants: tuple[str, ...] = ()


@dataclass
class _Claims:
    """The paths of one host that are taken, so that an overlap is found without looking at each."""

    exact: dict[str, RouteKey] = field(default_factory=dict)
    prefixes: dict[str, RouteKey] = field(default_factory=dict)
    # By element, somebody who has taken a path below it.
    below: dict[str, RouteKey] = field(default_factory=dict)

    def other(self, path: Path, own: RouteKey) -> RouteKey | None:
        """Return another route that some request for `path` would fit."""
        return next((key for key in self._holders(path) if key != own), None)

    def _holders(self, path: Path) -> Iterator[RouteKey]:
        element = path.element
        for above in (*ancestors(element), element):
            if above in self.prefixes:
                yield self.prefixes[above]
        if path.type == PREFIX:
            for table in (self.below, self.exact):
                if element in table:
                    yield table[element]
        elif element in self.exact:
            yield self.exact[element]

    def take(self, path: Path, owner: RouteKey) -> None:
        """Note that `owner` has `path`."""
        (self.prefixes if path.type == PREFIX else self.exact).setdefault(path.element, owner)
        for above in ancestors(path.element):
            self.below.setdefault(above, owner)


def decide(routes: Iterable[Route], grants: Iterable[Grant], platform: Platform) -> dict[RouteKey, Verdict]:
    """Return the verdict on each route.

    Of two routes that some request would fit both, the one that was made first is accepted. A route that is refused
    for another cause stands in nobody's way.
    """
    by_namespace: dict[str, list[Grant]] = defaultdict(list)
    for grant in sorted(grants, key=lambda grant: grant.name):
        for namespace in grant.namespaces:
            by_namespace[namespace].append(grant)
    claims: dict[str, _Claims] = defaultdict(_Claims)
    verdicts: dict[RouteKey, Verdict] = {}
    for route in sorted(routes, key=lambda route: (route.created, route.key)):
        verdict = _on_its_own(route, by_namespace[route.key.namespace], platform)
        if verdict.accepted:
            taken = claims[platform.host_of(route)]
            verdict = _among_others(route, taken) or verdict
            if verdict.accepted:
                for path in route.paths:
                    taken.take(path, route.key)
        verdicts[route.key] = verdict
    return verdicts


def _on_its_own(route: Route, grants: list[Grant], platform: Platform) -> Verdict:
    for path in route.paths:
        if is_closed(path):
            return Verdict(False, "PathReserved", f"The path {path.path} is never routed.")
        if platform.is_own_host(route) and (row := _reserved(path, platform)):
            return Verdict(
                False, "PathReserved", f"The path {path.path} overlaps the platform's own route {row.key.name}."
            )
    limit = platform.edge.max_body_bytes
    if route.max_body_bytes is not None and route.max_body_bytes > limit:
        return Verdict(
            False, "LimitExceeded", f"maxBodyBytes is {route.max_body_bytes}; the platform takes at most {limit}."
        )
    standing: list[str] = []
    host = platform.host_of(route)
    for path in route.paths:
        grant = next((grant for grant in grants if _grants(grant, host, path, platform)), None)
        if grant is None:
            return Verdict(
                False,
                "NotGranted",
                f"No RouteGrant lets the namespace {route.key.namespace} take {path.path} of the host {host}.",
            )
        if grant.name not in standing:
            standing.append(grant.name)
    return Verdict(True, "Accepted", f"Granted by {', '.join(standing)}.", tuple(standing))


def _reserved(path: Path, platform: Platform) -> Route | None:
    """Return the platform's row that `path` overlaps. What a row for everything takes is there to be taken."""
    for row in platform.rows:
        for own in row.paths:
            everything = own.type == PREFIX and not own.element
            if overlap(own, path) and (not everything or path.path == "/"):
                return row
    return None


def _grants(grant: Grant, host: str, path: Path, platform: Platform) -> bool:
    hosts = grant.hosts or (platform.host,)
    return any(_host_fits(pattern, host) for pattern in hosts) and any(
        covers(prefix, path.element) for prefix in grant.prefixes
    )


def _host_fits(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        label, _, rest = host.partition(".")
        return bool(label) and rest == pattern[2:]
    return pattern == host


def _among_others(route: Route, taken: _Claims) -> Verdict | None:
    for path in route.paths:
        if other := taken.other(path, route.key):
            return Verdict(
                False,
                "Conflict",
                f"The path {path.path} overlaps the route {other}, which is older; it keeps the path.",
            )
    return None
