"""What a ProtectedRoute, a RouteGrant and a Service say, read from objects that the API server has checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from platform_operator.routes.paths import PREFIX, Path

GROUP = "memberplatform.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

# On a Service: the operator has told it what Kong reads from it.
JOINED = f"{GROUP}/joined"

Object = dict[str, Any]

# How many routes may stand on a grant, and how many paths they may have together, unless it says otherwise.
MAX_ROUTES = 50
MAX_PATHS = 200

KEYED_METHODS = ("POST", "PUT", "PATCH")
ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, order=True)
class RouteKey:
    """Which route."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Idempotency:
    """Which methods are made safe to repeat, and how. `ttl` (seconds) and `fail_mode`: None is the platform's own."""

    methods: tuple[str, ...] = ()
    required: bool = False
    on_unknown: str = "keep"
    ttl: int | None = None
    fail_mode: str | None = None
    scope_cookies: tuple[str, ...] = ()
    anonymous: str | None = None

    @property
    def overrides(self) -> dict[str, Any]:
        """The plugin's settings that differ from the platform's, by the plugin's names."""
        given = {
            "ttl": self.ttl,
            "fail_mode": self.fail_mode,
            "scope_cookies": list(self.scope_cookies) or None,
            "anonymous": self.anonymous,
        }
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class RateLimit:
    """Requests a second of one client address, and how many seconds' worth may come at once."""

    per_second: int
    burst_factor: int = 5


@dataclass(frozen=True)
class Caller:
    """Pods that may reach the service besides the gateway; no ports: the one that the gateway reaches."""

    namespace: str
    labels: tuple[tuple[str, str], ...] = ()
    ports: tuple[int, ...] = ()


@dataclass(frozen=True)
class Route:
    """One route. An empty `host` is the platform's own; `cookies` is true for no route but the platform's."""

    key: RouteKey
    paths: tuple[Path, ...]
    service: str
    port: int | str
    host: str = ""
    methods: tuple[str, ...] = ALL_METHODS
    auth: str = "required"
    roles: tuple[str, ...] = ()
    idempotency: Idempotency = field(default_factory=Idempotency)
    rate_limit: RateLimit | None = None
    max_body_bytes: int | None = None
    bearer: bool = False
    cookies: bool = False
    callers: tuple[Caller, ...] = ()
    uid: str = ""
    generation: int = 0
    created: str = ""

    @property
    def keyed_methods(self) -> tuple[str, ...]:
        """The methods that go through the idempotency plugin, in the order of `methods`."""
        return tuple(method for method in self.methods if method in self.idempotency.methods)

    @property
    def plain_methods(self) -> tuple[str, ...]:
        """The other methods."""
        return tuple(method for method in self.methods if method not in self.idempotency.methods)


def read_route(body: Mapping[str, Any]) -> Route:
    """Return what a ProtectedRoute says; the schema's defaults are in it."""
    metadata, spec = body["metadata"], body["spec"]
    auth = spec.get("auth", {})
    methods = tuple(spec.get("methods", ALL_METHODS))
    limit = spec.get("rateLimit")
    return Route(
        key=RouteKey(metadata["namespace"], metadata["name"]),
        paths=tuple(Path(item["path"], item.get("type", PREFIX)) for item in spec["paths"]),
        service=spec["backend"]["service"],
        port=spec["backend"]["port"],
        host=spec.get("host", ""),
        methods=methods,
        auth=auth.get("mode", "required"),
        roles=tuple(auth.get("roles", ())),
        idempotency=_idempotency(spec.get("idempotency"), methods),
        rate_limit=RateLimit(limit["requestsPerSecond"], limit.get("burstFactor", 5)) if limit else None,
        max_body_bytes=spec.get("maxBodyBytes"),
        bearer=spec.get("forward", {}).get("bearerToken", False),
        callers=tuple(_caller(item, metadata["namespace"]) for item in spec.get("allowedCallers", ())),
        uid=metadata.get("uid", ""),
        generation=metadata.get("generation", 0),
        created=metadata.get("creationTimestamp", ""),
    )


def _idempotency(given: Mapping[str, Any] | None, methods: tuple[str, ...]) -> Idempotency:
    if not given or not given.get("enabled", True):
        return Idempotency()
    return Idempotency(
        methods=tuple(given.get("methods") or (method for method in methods if method in KEYED_METHODS)),
        required=given.get("required", False),
        on_unknown=given.get("onUnknown", "keep"),
        ttl=given.get("ttlSeconds"),
        fail_mode=given.get("failMode"),
        scope_cookies=tuple(given.get("scopeCookies") or ()),
        anonymous=given.get("anonymous"),
    )


def _caller(given: Mapping[str, Any], namespace: str) -> Caller:
    return Caller(
        namespace=given.get("namespace", namespace),
        labels=tuple(sorted(given.get("podLabels", {}).items())),
        ports=tuple(given.get("ports", ())),
    )


@dataclass(frozen=True)
class Grant:
    """Which hosts and prefixes the routes of some namespaces may take, how many, and what else they may ask for."""

    name: str
    namespaces: frozenset[str]
    hosts: tuple[str, ...]
    prefixes: tuple[str, ...]
    generation: int = 0
    # Whether the platform's own host is among the hosts: its services share cookies, storage and scripts with web.
    platform_host: bool = False
    bearer: bool = False
    max_routes: int = MAX_ROUTES
    max_paths: int = MAX_PATHS


def read_grant(body: Mapping[str, Any]) -> Grant:
    """Return what a RouteGrant says."""
    spec = body["spec"]
    return Grant(
        name=body["metadata"]["name"],
        namespaces=frozenset(spec["namespaces"]),
        hosts=tuple(spec.get("hosts", ())),
        prefixes=tuple(prefix.rstrip("/") for prefix in spec["pathPrefixes"]),
        generation=body["metadata"].get("generation", 0),
        platform_host=spec.get("allowPlatformHost", False),
        bearer=spec.get("allowBearerToken", False),
        max_routes=spec.get("maxRoutes", MAX_ROUTES),
        max_paths=spec.get("maxPaths", MAX_PATHS),
    )


@dataclass(frozen=True)
class Backend:
    """A Service as far as the operator needs it: its address, what selects its pods, and its ports' targets."""

    address: str
    selector: tuple[tuple[str, str], ...]
    targets: tuple[tuple[int, int | str], ...]
    # What Kong Ingress Controller reads from it, and the mark that the operator wrote that.
    kong: tuple[tuple[str, str], ...] = ()

    def target(self, port: int) -> int | str | None:
        """Return the pods' port behind `port`, or None when the Service has no such port."""
        return dict(self.targets).get(port)

    @property
    def is_joined(self) -> bool:
        """Whether the operator has told the Service what Kong reads from it."""
        return JOINED in dict(self.kong)

    @property
    def fault(self) -> str:
        """Why no route can use it, or nothing."""
        if not self.selector:
            return "it has no selector, so its pods cannot be closed to others"
        if self.address in {"", "None"}:
            return "it has no address of its own (it is headless or an ExternalName)"
        return ""


def read_backend(body: Mapping[str, Any]) -> Backend:
    """Return what a Service says."""
    spec, annotations = body.get("spec", {}), body["metadata"].get("annotations") or {}
    external = spec.get("type") == "ExternalName"
    return Backend(
        address="" if external else spec.get("clusterIP", ""),
        selector=tuple(sorted((spec.get("selector") or {}).items())),
        targets=tuple(
            (item["port"], item.get("targetPort") or item["port"])
            for item in spec.get("ports") or ()
            if item.get("protocol", "TCP") == "TCP"
        ),
        kong=tuple(sorted(item for item in annotations.items() if item[0].startswith(("konghq.com/", GROUP)))),
    )
