"""Admission of routes: a pure function of the known state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from platform_operator.routes.grants import Grant
from platform_routes.model import Route, RouteKey
from platform_routes.paths import PREFIX, Path, ancestors, covers, is_closed
from platform_routes.platform import Platform
from platform_routes.rules import fault_of, reserved_by


@dataclass(frozen=True)
class Admission:
    """Whether a route is accepted, why, in words for its author, and which grants allow it."""

    accepted: bool
    reason: str
    message: str
    grants: tuple[str, ...] = ()


@dataclass
class _Claims:
    """The used paths of one host, indexed so that overlaps are found without comparing every pair."""

    exact: dict[str, RouteKey] = field(default_factory=dict)
    prefixes: dict[str, RouteKey] = field(default_factory=dict)
    # By element, a route that uses a path below it.
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

    def claim(self, path: Path, owner: RouteKey) -> None:
        """Note that `owner` has `path`."""
        (self.prefixes if path.type == PREFIX else self.exact).setdefault(path.element, owner)
        for above in ancestors(path.element):
            self.below.setdefault(above, owner)


# The number of paths of a route per grant.
Granting = dict[Grant, int]


@dataclass
class _Use:
    """The number of routes and paths that use a grant."""

    routes: int = 0
    paths: int = 0


def admit_routes(routes: Iterable[Route], grants: Iterable[Grant], platform: Platform) -> dict[RouteKey, Admission]:
    """Return the admission of each route.

    Of two routes that some request would fit both, the one that was made first is accepted; so are the first ones of a
    grant that is used up. A route that is refused for another cause blocks no other one.
    """
    by_namespace: dict[str, list[Grant]] = defaultdict(list)
    for grant in sorted(grants, key=lambda grant: grant.name):
        for namespace in grant.namespaces:
            by_namespace[namespace].append(grant)
    claims: dict[str, _Claims] = defaultdict(_Claims)
    use: dict[str, _Use] = defaultdict(_Use)
    admissions: dict[RouteKey, Admission] = {}
    for route in sorted(routes, key=lambda route: (route.created, route.key)):
        taken = claims[platform.host_of(route)]
        granting: Granting = {}
        admission = (
            _unfit(route, platform)
            or _ungranted(route, by_namespace[route.key.namespace], platform, use, granting)
            or _among_others(route, taken)
            or _accepted(granting)
        )
        if admission.accepted:
            for path in route.paths:
                taken.claim(path, route.key)
            for grant, paths in granting.items():
                use[grant.name].routes += 1
                use[grant.name].paths += paths
        admissions[route.key] = admission
    return admissions


def _accepted(granting: Granting) -> Admission:
    names = tuple(grant.name for grant in granting)
    return Admission(True, "Accepted", f"Granted by {', '.join(names)}.", names)


def _unfit(route: Route, platform: Platform) -> Admission | None:
    """Return the reason to reject the route independently of grants, or nothing."""
    if fault := fault_of(route):
        return Admission(False, "Invalid", fault)
    for path in route.paths:
        if is_closed(path):
            return Admission(False, "PathReserved", f"The path {path.path} is never routed.")
        if platform.is_own_host(route) and (owner := reserved_by(path, platform.rows, platform.reserved_paths)):
            message = f"The path {path.path} overlaps {owner}, which the platform reserves."
            return Admission(False, "PathReserved", message)
    limit = platform.edge.max_body_bytes
    if route.max_body_bytes is not None and route.max_body_bytes > limit:
        return Admission(
            False, "LimitExceeded", f"maxBodyBytes is {route.max_body_bytes}; the platform takes at most {limit}."
        )
    return None


def _ungranted(
    route: Route, grants: list[Grant], platform: Platform, use: dict[str, _Use], granting: Granting
) -> Admission | None:
    """Return the reason that no grant covers the route, or nothing; count the paths per grant in `granting`."""
    for path in route.paths:
        fitting = [grant for grant in grants if _grants(grant, platform.host_of(route), path, platform)]
        if not fitting:
            return _not_granted(route, grants, path, platform)
        allowed = [grant for grant in fitting if grant.bearer or not route.bearer]
        if not allowed:
            return _no_bearer(fitting)
        grant = next((grant for grant in allowed if _has_room(grant, use, granting)), None)
        if grant is None:
            return _used_up(allowed[0])
        granting[grant] = granting.get(grant, 0) + 1
    return None


def _has_room(grant: Grant, use: dict[str, _Use], granting: Granting) -> bool:
    used = use[grant.name]
    return used.routes < grant.max_routes and used.paths + granting.get(grant, 0) < grant.max_paths


def _not_granted(route: Route, grants: list[Grant], path: Path, platform: Platform) -> Admission:
    host = platform.host_of(route)
    message = f"No RouteGrant lets the namespace {route.key.namespace} take {path.path} of the host {host}."
    if platform.is_own_host(route) and any(_covers(grant, path) and not grant.platform_host for grant in grants):
        message += " A grant of the platform's own host needs allowPlatformHost: true."
    return Admission(False, "NotGranted", message)


def _no_bearer(grants: list[Grant]) -> Admission:
    names = ", ".join(grant.name for grant in grants)
    message = f"forward.bearerToken needs a RouteGrant with allowBearerToken, and {names} has it not."
    return Admission(False, "BearerTokenNotGranted", message)


def _used_up(grant: Grant) -> Admission:
    limits = f"{grant.max_routes} routes with {grant.max_paths} paths"
    message = f"The RouteGrant {grant.name} is used up: it allows {limits}."
    return Admission(False, "QuotaExceeded", message)


def _grants(grant: Grant, host: str, path: Path, platform: Platform) -> bool:
    if host == platform.host:
        is_host = grant.platform_host
    else:
        is_host = any(_host_fits(pattern, host) for pattern in grant.hosts)
    return is_host and _covers(grant, path)


def _covers(grant: Grant, path: Path) -> bool:
    return any(covers(prefix, path.element) for prefix in grant.prefixes)


def _host_fits(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        label, _, rest = host.partition(".")
        return bool(label) and rest == pattern[2:]
    return pattern == host


def _among_others(route: Route, taken: _Claims) -> Admission | None:
    for path in route.paths:
        if other := taken.other(path, route.key):
            return Admission(
                False,
                "Conflict",
                f"The path {path.path} overlaps the route {other}, which is older; it keeps the path.",
            )
    return None
