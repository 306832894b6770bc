"""The manifest of a joined service: a ProtectedRoute whose backend is a URL instead of a Kubernetes Service."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from platform_routes.gateway_file import ExternalRoute, external_route
from platform_routes.model import (
    DEFAULT_METHODS,
    NOT_IDEMPOTENT,
    Auth,
    Forward,
    Idempotency,
    Method,
    Role,
    Route,
    read_route,
)
from platform_routes.paths import EXACT
from platform_routes.rules import fault_of_keyed_methods
from platform_routes.table import RowPath, Strict
from platform_standalone.errors import PlatformError

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


class _Auth(Strict):
    mode: Auth = "required"
    roles: tuple[Role, ...] = Field(default=(), max_length=8)

    @model_validator(mode="after")
    def _roles_need_a_session(self) -> _Auth:
        if self.roles and self.mode != "required":
            raise ValueError("roles need mode: required")
        return self


class _Backend(Strict):
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


class _Spec(Strict):
    paths: tuple[RowPath, ...] = Field(min_length=1, max_length=16)
    methods: tuple[Method, ...] = Field(default=DEFAULT_METHODS, min_length=1)
    backend: _Backend
    auth: _Auth = _Auth()
    idempotency: Idempotency = NOT_IDEMPOTENT
    forward: Forward = Forward()

    @model_validator(mode="after")
    def _lists_agree(self) -> _Spec:
        if len(set(self.methods)) != len(self.methods):
            raise ValueError("a method is listed twice")
        if len({(path.parsed.type, path.parsed.element) for path in self.paths}) != len(self.paths):
            raise ValueError("a path is listed twice")
        if fault := fault_of_keyed_methods(self.idempotency, self.methods):
            raise ValueError(fault)
        return self


class _Metadata(Strict):
    name: str = Field(pattern=NAME, max_length=63)
    # Ignored here; allowed, so that the manifest for Kubernetes can be used.
    namespace: str | None = None


class _Manifest(Strict):
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
    def row(self) -> Route:
        """Return its route; the service has the same name."""
        name = f"joined-{self.name}"
        given = self.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
        backend = {"service": name, "port": "http"}
        return read_route({"metadata": {"namespace": "", "name": name}, "spec": {**given, "backend": backend}})

    def summary(self) -> dict[str, Any]:
        """Return the paths for a list; `=` marks an exact path."""
        row = self.row
        paths = [f"={path.path}" if path.type == EXACT else path.path for path in row.paths]
        return {"name": self.name, "paths": paths, "auth": row.auth, "url": self.url}

    def entry(self) -> ExternalRoute:
        """Return its route in the gateway, with the address of this moment. Raises PlatformError."""
        return external_route(self.row, self._address())

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
        raise PlatformError(f"{source} contains no {KIND}; copy one from examples/notes/service.yaml.")
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
