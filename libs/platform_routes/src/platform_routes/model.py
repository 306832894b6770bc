"""Routes and their attributes, in values, in a ProtectedRoute and in a table of external routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from platform_routes.durations import Ttl, parse_duration
from platform_routes.paths import PREFIX, Path

GROUP = "memberplatform.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

# On a Service: the operator has written the annotations that Kong reads from it.
JOINED = f"{GROUP}/joined"

Object = dict[str, Any]

Auth = Literal["public", "optional", "required"]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
KeyedMethod = Literal["POST", "PUT", "PATCH", "DELETE"]
Role = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9_-]+$")]
CookieName = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]

METHODS: tuple[Method, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
KEYED_METHODS: tuple[KeyedMethod, ...] = ("POST", "PUT", "PATCH", "DELETE")
# The defaults of a route.
DEFAULT_METHODS: tuple[Method, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
DEFAULT_KEYED_METHODS: tuple[KeyedMethod, ...] = ("POST", "PUT", "PATCH")


@dataclass(frozen=True, order=True)
class RouteKey:
    """Which route. The namespace is empty outside of Kubernetes."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class PluginSetting:
    """The idempotency plugin's name of an attribute, and of its values where these differ."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    # Whether the attribute is a duration, and the plugin's setting a number of seconds.
    is_duration: bool = False

    def translate(self, value: object) -> object:
        """Return the plugin's value for an attribute's."""
        if isinstance(value, tuple):
            return list(value)
        if not isinstance(value, str):
            return value
        return parse_duration(value) if self.is_duration else self.values.get(value, value)


_ON_UNKNOWN = PluginSetting("on_unknown", {"keepLock": "keep", "releaseLock": "release"})


class Idempotency(BaseModel):
    """How a route handles idempotency keys. What is None is as the platform's settings have it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, alias_generator=to_camel)

    enabled: bool = Field(default=True, description="Whether idempotency keys are used.")
    methods: tuple[KeyedMethod, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=8,
        description="Methods whose keys are used. Defaults to those of POST, PUT and PATCH that are allowed.",
    )
    required: Annotated[bool, PluginSetting("required")] = Field(
        default=False, description="Whether a request without a key is rejected."
    )
    ttl: Annotated[Ttl | None, PluginSetting("ttl", is_duration=True)] = Field(
        default=None, description="How long a stored response is replayed. Defaults to the platform's setting."
    )
    fail_mode: Annotated[Literal["closed", "open"] | None, PluginSetting("fail_mode")] = Field(
        default=None,
        description="When Redis is unavailable: reject requests with a key (closed) or forward them unprotected "
        "(open). Defaults to the platform's setting.",
    )
    on_unknown_outcome: Annotated[Literal["keepLock", "releaseLock"], _ON_UNKNOWN] = Field(
        default="keepLock",
        description="When it is unknown whether the service has processed the request: keep the key's lock, or release "
        "it, for a service that recognizes repeated requests itself.",
    )
    scope_cookies: Annotated[tuple[CookieName, ...], PluginSetting("scope_cookies")] = Field(
        default=(),
        max_length=8,
        description="Cookies of the service that tell callers without an account apart, such as a cart's: a key "
        "belongs to their values.",
    )
    anonymous: Annotated[Literal["client_ip", "reject", "bypass"] | None, PluginSetting("anonymous")] = Field(
        default=None,
        description="What happens to keys of callers without an account and without such a cookie: kept apart by "
        "address (client_ip, the default), rejected (reject), or left to a service that recognizes repeated requests "
        "itself (bypass).",
    )

    def plugin_settings(self, auth: str) -> dict[str, Any]:
        """Return the plugin's configuration as far as a route decides it."""
        settings: dict[str, Any] = {}
        for name, info in type(self).model_fields.items():
            value = getattr(self, name)
            for setting in info.metadata:
                if isinstance(setting, PluginSetting) and value is not None and value != ():
                    settings[setting.name] = setting.translate(value)
        if auth == "public":
            # On a public route the edge checks nothing, so identity headers cannot be trusted.
            settings["identity_header"] = ""
        return settings


NOT_IDEMPOTENT = Idempotency(enabled=False)


class Forward(BaseModel):
    """What else of a request reaches the service of a ProtectedRoute."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    bearer_token: bool = False


@dataclass(frozen=True)
class RateLimit:
    """Allowed requests per second of one client address, and the burst in seconds of that rate."""

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
    """One route. An empty `host` is the platform's own; only the platform's routes get its cookies.

    Attributes may break the rules; `rules.fault_of` says which. `invalid` is the reason why some could not be read.
    """

    key: RouteKey
    paths: tuple[Path, ...]
    service: str
    port: int | str
    host: str = ""
    methods: tuple[str, ...] = DEFAULT_METHODS
    auth: str = "required"
    roles: tuple[str, ...] = ()
    idempotency: Idempotency = NOT_IDEMPOTENT
    rate_limit: RateLimit | None = None
    max_body_bytes: int | None = None
    bearer: bool = False
    forward_cookies: bool = False
    callers: tuple[Caller, ...] = ()
    uid: str = ""
    generation: int = 0
    created: str = ""
    invalid: str = ""

    @property
    def name(self) -> str:
        """The name in its table or namespace."""
        return self.key.name

    @property
    def keyed_methods(self) -> tuple[str, ...]:
        """The methods that go through the idempotency plugin, in the order of `methods`."""
        if not self.idempotency.enabled:
            return ()
        keyed = self.idempotency.methods or DEFAULT_KEYED_METHODS
        return tuple(method for method in self.methods if method in keyed)

    @property
    def plain_methods(self) -> tuple[str, ...]:
        """The other methods."""
        return tuple(method for method in self.methods if method not in self.keyed_methods)

    @property
    def gateway_flags(self) -> dict[str, bool]:
        """What of a request reaches the service, by the gateway's names."""
        return {"cookies": self.forward_cookies, "bearer": self.bearer}

    @property
    def policy(self) -> tuple[str, frozenset[str]]:
        """What the edge requires of a request: routes that share a path must have the same."""
        return self.auth, frozenset(self.roles)


def read_route(body: Mapping[str, Any]) -> Route:
    """Return the route of a ProtectedRoute that the API server has completed with the schema's defaults."""
    metadata, spec = body["metadata"], body["spec"]
    auth = spec.get("auth", {})
    limit = spec.get("rateLimit")
    idempotency, invalid = _idempotency(spec.get("idempotency"))
    return Route(
        key=RouteKey(metadata["namespace"], metadata["name"]),
        paths=tuple(Path(item["path"], item.get("type", PREFIX)) for item in spec["paths"]),
        service=spec["backend"]["service"],
        port=spec["backend"]["port"],
        host=spec.get("host", ""),
        methods=tuple(spec.get("methods", DEFAULT_METHODS)),
        auth=auth.get("mode", "required"),
        roles=tuple(auth.get("roles", ())),
        idempotency=idempotency,
        rate_limit=RateLimit(limit["requestsPerSecond"], limit.get("burstFactor", 5)) if limit else None,
        max_body_bytes=spec.get("maxBodyBytes"),
        bearer=spec.get("forward", {}).get("bearerToken", False),
        callers=tuple(_caller(item, metadata["namespace"]) for item in spec.get("allowedCallers", ())),
        uid=metadata.get("uid", ""),
        generation=metadata.get("generation", 0),
        created=metadata.get("creationTimestamp", ""),
        invalid=invalid,
    )


def _idempotency(given: Mapping[str, Any] | None) -> tuple[Idempotency, str]:
    """Return the attributes, or the reason why they cannot be read: an object may be older than the schema."""
    if given is None:
        return NOT_IDEMPOTENT, ""
    try:
        return Idempotency.model_validate(given), ""
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(item) for item in ("idempotency", *first["loc"]))
        return NOT_IDEMPOTENT, f"{where} is wrong: {first['msg'].lower()}."


def _caller(given: Mapping[str, Any], namespace: str) -> Caller:
    return Caller(
        namespace=given.get("namespace", namespace),
        labels=tuple(sorted(given.get("podLabels", {}).items())),
        ports=tuple(given.get("ports", ())),
    )


@dataclass(frozen=True)
class Backend:
    """The attributes of a Service that the operator needs: address, pod selector, and the targets of ports."""

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
        """Whether the operator has annotated the Service for Kong."""
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
    """Return the backend of a Service object."""
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
