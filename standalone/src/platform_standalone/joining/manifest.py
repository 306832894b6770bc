"""The manifest of a joined service: a ProtectedRoute whose backend is a URL instead of a Kubernetes Service."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

from platform_standalone.errors import PlatformError
from platform_standalone.nginx.joined import AnyHostRoute, JoinedIdempotency
from platform_standalone.nginx.routes import Auth, CookieName, Role, RoutePath, Row

API_VERSION = "memberplatform.dev/v1alpha1"
KIND = "ProtectedRoute"

# Fields of a ProtectedRoute that have no meaning on one machine.
_KUBERNETES_ONLY = {
    "spec.host": "remove it",
    "spec.rateLimit": "remove it",
    "spec.maxBodyBytes": "remove it",
    "spec.allowedCallers": "remove it",
    "spec.backend.service": "set spec.backend.url",
    "spec.backend.port": "set spec.backend.url",
}

NAME = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
KeyedMethod = Literal["POST", "PUT", "PATCH", "DELETE"]
DEFAULT_METHODS: tuple[Method, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
DEFAULT_KEYED_METHODS: tuple[KeyedMethod, ...] = ("POST", "PUT", "PATCH")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class _Path(RoutePath):
    type: Literal["Exact", "Prefix"] = "Prefix"


class _Auth(_Strict):
    mode: Auth = "required"
    roles: tuple[Role, ...] = Field(default=(), max_length=8)

    @model_validator(mode="after")
    def _roles_need_a_session(self) -> _Auth:
        if self.roles and self.mode != "required":
            raise ValueError("roles need mode: required")
        return self


class _Idempotency(_Strict):
    enabled: bool = True
    methods: tuple[KeyedMethod, ...] | None = Field(default=None, min_length=1)
    required: bool = False
    ttl_seconds: Annotated[int | None, Field(ge=1, le=604800)] = None
    fail_mode: Literal["closed", "open"] | None = None
    on_unknown: Literal["keep", "release"] = "keep"
    scope_cookies: tuple[CookieName, ...] | None = None
    anonymous: Literal["client_ip", "reject", "bypass"] | None = None


class _Forward(_Strict):
    bearer_token: bool = False


class _Backend(_Strict):
    url: str

    @field_validator("url", mode="after")
    @classmethod
    def _plain_http(cls, url: str) -> str:
        parts = urlsplit(url)
        rest = parts.path.rstrip("/") or parts.query or parts.fragment or parts.username
        try:
            usable = parts.scheme == "http" and parts.hostname and parts.port != 0 and not rest
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("the URL must be http://<host>:<port>, without a path")
        return url.rstrip("/")


class _Spec(_Strict):
    paths: tuple[_Path, ...] = Field(min_length=1, max_length=16)
    methods: tuple[Method, ...] = Field(default=DEFAULT_METHODS, min_length=1)
    backend: _Backend
    auth: _Auth = _Auth()
    idempotency: _Idempotency = _Idempotency(enabled=False)
    forward: _Forward = _Forward()

    @model_validator(mode="after")
    def _lists_agree(self) -> _Spec:
        if len(set(self.methods)) != len(self.methods):
            raise ValueError("a method is listed twice")
        if len({(path.type, path.element) for path in self.paths}) != len(self.paths):
            raise ValueError("a path is listed twice")
        if self.idempotency.enabled and not self.keyed_methods:
            raise ValueError("idempotency needs POST, PUT or PATCH among methods")
        if unlisted := [method for method in self.keyed_methods if method not in self.methods]:
            raise ValueError(f"idempotency.methods names {unlisted[0]}, which is not among methods")
        return self

    @property
    def keyed_methods(self) -> tuple[KeyedMethod, ...]:
        """Return the methods whose idempotency keys are looked at."""
        if not self.idempotency.enabled:
            return ()
        return self.idempotency.methods or tuple(method for method in DEFAULT_KEYED_METHODS if method in self.methods)


class _Metadata(_Strict):
    name: str = Field(pattern=NAME, max_length=63)
    # Means nothing here; allowed, so that the manifest for Kubernetes can be used.
    namespace: str | None = None


class _Manifest(_Strict):
    api_version: Literal["memberplatform.dev/v1alpha1"]
    kind: Literal["ProtectedRoute"]
    metadata: _Metadata
    spec: _Spec


@dataclass(frozen=True)
class JoinedService:
    """A service that has joined the platform on this machine."""

    name: str
    spec: _Spec

    @property
    def url(self) -> str:
        """Return where it listens."""
        return self.spec.backend.url

    @property
    def row(self) -> Row:
        """Return what the edge checks for it."""
        spec = self.spec
        paths = tuple(RoutePath(path=path.path, type=path.type) for path in spec.paths)
        name = f"joined-{self.name}"
        return Row(
            name=name, paths=paths, methods=spec.methods, service=name, auth=spec.auth.mode, roles=spec.auth.roles
        )

    def summary(self) -> dict[str, Any]:
        """Return what a list shows of it; `=` marks an exact path."""
        row = self.row
        paths = [f"={path.path}" if path.type == "Exact" else path.path for path in row.paths]
        return {"name": self.name, "paths": paths, "auth": row.auth, "url": self.url}

    def route(self) -> AnyHostRoute:
        """Return its route in the gateway, with the address of this moment. Raises PlatformError."""
        row, given = self.row, self.spec.idempotency
        return AnyHostRoute(
            paths=row.paths,
            methods=row.methods,
            auth=row.auth,
            roles=row.roles,
            bearer=self.spec.forward.bearer_token,
            upstream=self._address(),
            idempotency=JoinedIdempotency(
                methods=self.spec.keyed_methods,
                ttl=given.ttl_seconds,
                **given.model_dump(include={"required", "on_unknown", "fail_mode", "scope_cookies", "anonymous"}),
            ),
        )

    def _address(self) -> str:
        """Return `<ip>:<port>`, of IPv4 where the host has both: that is where development servers listen."""
        parts = urlsplit(self.url)
        port = parts.port or 80
        try:
            found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        except OSError:
            raise PlatformError(f"The host of {self.url} has no address; correct the URL of {self.name}.") from None
        family, *_, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        return f"[{address[0]}]:{port}" if family == socket.AF_INET6 else f"{address[0]}:{port}"


def parse(text: str, source: str) -> JoinedService:
    """Read a manifest; `source` is its file. Raises PlatformError with one sentence."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        raise PlatformError(f"{source} is not one YAML document.") from None
    if not isinstance(document, dict):
        raise PlatformError(f"{source} holds no {KIND}; copy one from examples/notes/service.yaml.")
    try:
        manifest = _Manifest.model_validate(document)
    except ValidationError as error:
        raise PlatformError(_sentence(source, error)) from None
    return JoinedService(manifest.metadata.name, manifest.spec)


def _sentence(source: str, error: ValidationError) -> str:
    faults = error.errors()
    # An unknown field explains a missing one: it is the missing one, misspelled.
    fault = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    where = ".".join(str(item) for item in fault["loc"])
    match fault["type"]:
        case "extra_forbidden" if where in _KUBERNETES_ONLY:
            return f"{source}: {where} works on Kubernetes only; {_KUBERNETES_ONLY[where]}."
        case "extra_forbidden":
            return f"{source}: {where} is an unknown field; correct or remove it."
        case "missing":
            return f"{source}: {where} is missing; add it."
        case _:
            reason = _reason(fault)
            return f"{source}: {where or 'the manifest'} is wrong: {reason[:1].lower()}{reason[1:]}."


def _reason(fault: Any) -> str:
    if fault["type"] == "string_pattern_mismatch" and fault["loc"] == ("metadata", "name"):
        return "a name has lower-case letters, digits and dashes, and begins with a letter"
    return re.sub(r"^Value error, ", "", str(fault["msg"]))
