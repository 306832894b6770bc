"""The route table: `routes:` of charts/member-platform/values.yaml, checked, and what it means path by path."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

Auth = Literal["public", "optional", "required"]
CookieName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
Method = Annotated[str, Field(pattern=r"^[A-Z]+$")]
Role = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]

# On no route, whatever the table says: the client gets 404 and no service sees the request.
CLOSED_PATHS = ("/internal", "/auth/verify", "/metrics", "/livez", "/readyz")

# Every service that the platform itself may bring; a release may leave some of them out.
PLATFORM_SERVICES = frozenset({"auth", "member", "shop", "web"})

# Unreserved characters only (RFC 3986, section 2.3): the others have two spellings, which parts could read differently.
_NORMAL_PATH = re.compile(r"/(?:[A-Za-z0-9._~-]+/)*(?:[A-Za-z0-9._~-]+)?")


class RouteTableError(Exception):
    """The route table, or a setting that goes with it, is wrong; the message is one sentence."""


def _in_normal_form(path: str) -> str:
    if not _NORMAL_PATH.fullmatch(path) or any(element in {".", ".."} for element in path.split("/")):
        raise ValueError(f"the path {path!r} is not in normal form")
    return path


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class RoutePath(_Strict):
    """A path and how it matches: Exact, or Prefix by path element."""

    path: Annotated[str, AfterValidator(_in_normal_form)]
    type: Literal["Exact", "Prefix"]

    @property
    def element(self) -> str:
        """The path without a trailing slash: what a prefix stands for (`/` is the empty string)."""
        return self.path.rstrip("/") if self.type == "Prefix" else self.path

    @property
    def rank(self) -> tuple[bool, int]:
        """How well a path that it covers is matched; more is better."""
        return self.type == "Exact", len(self.element)


class Idempotency(_Strict):
    """Which methods of a row are made replay-safe, and how."""

    enabled: bool = False
    methods: tuple[Method, ...] = ("POST", "PUT", "PATCH")
    required: bool = False
    on_unknown: Literal["keep", "release"] = Field(default="keep", alias="onUnknown")
    scope_cookies: tuple[CookieName, ...] = Field(default=(), alias="scopeCookies")
    anonymous: Literal["client_ip", "reject", "bypass"] = "client_ip"

    @property
    def scope(self) -> dict[str, Any]:
        """The plugin's settings for callers without an identity."""
        return self.model_dump(include={"scope_cookies", "anonymous"})


class Row(_Strict):
    """One row of the table."""

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
    paths: tuple[RoutePath, ...] = Field(min_length=1)
    methods: tuple[Method, ...] = Field(min_length=1)
    service: str = Field(min_length=1)
    auth: Auth
    roles: tuple[Role, ...] = ()
    cookies: bool = False
    idempotency: Idempotency = Idempotency()

    @field_validator("methods", mode="after")
    @classmethod
    def _methods_once(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(methods)) != len(methods):
            raise ValueError("a method is listed twice")
        return methods

    @model_validator(mode="after")
    def _parts_agree(self) -> Row:
        if self.roles and self.auth != "required":
            raise ValueError("roles need auth: required")
        unknown = [m for m in self.keyed_methods if m not in self.methods]
        if unknown:
            raise ValueError(f"idempotency names {unknown[0]}, which is not among the row's methods")
        return self

    @property
    def keyed_methods(self) -> tuple[str, ...]:
        """The methods that go through the idempotency plugin."""
        return self.idempotency.methods if self.idempotency.enabled else ()

    @property
    def policy(self) -> tuple[Auth, frozenset[str]]:
        """What the edge asks of a request: rows that share a path must have the same."""
        return self.auth, frozenset(self.roles)


class RouteTable(_Strict):
    """The rows of the services that are enabled, in the order of the file."""

    rows: tuple[Row, ...]

    def winner(self, method: str, path: str) -> Row | None:
        """Return the row that has a request.

        The best path decides, exact before the longer prefix: what its rows leave out, no wider row takes, because the
        edge has asked auth what the best path asks.
        """
        best: tuple[bool, int] | None = None
        owners: list[Row] = []
        for row in self.rows:
            for pattern in row.paths:
                if not matches(pattern, path) or (best and pattern.rank < best):
                    continue
                if pattern.rank != best:
                    best, owners = pattern.rank, []
                owners.append(row)
        return next((row for row in owners if method in row.methods), None)


def matches(pattern: RoutePath, path: str) -> bool:
    """Tell whether `pattern` covers `path`; a prefix covers whole elements (`/a` covers `/a` and `/a/b`, not `/ab`)."""
    if pattern.type == "Exact":
        return path == pattern.path
    return path == (pattern.element or "/") or path.startswith(pattern.element + "/")


def load_table(values: Path, services: Collection[str]) -> RouteTable:
    """Read the `routes:` of a values file, leaving out the rows of services that are not enabled.

    Raises RouteTableError.
    """
    try:
        document = yaml.safe_load(values.read_text(encoding="utf-8"))
    except OSError as error:
        raise RouteTableError(f"The route table {values} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise RouteTableError(f"The route table {values} is not YAML.") from error
    routes = document.get("routes") if isinstance(document, dict) else None
    if not isinstance(routes, dict):
        raise RouteTableError(f"The route table {values} has no `routes:`.")
    return table_of(routes, services)


def table_of(routes: Mapping[str, Any], services: Collection[str]) -> RouteTable:
    """Return the checked table of `routes`, as written in the file. Raises RouteTableError."""
    rows = [_row(name, given) for name, given in routes.items()]
    _refuse_unknown_services(rows, services)
    table = RouteTable(rows=tuple(row for row in rows if row.service in services))
    _refuse_same_request_twice(table.rows)
    _refuse_closed_paths(table.rows)
    _refuse_disagreement(table)
    return table


def _row(name: Any, given: Any) -> Row:
    if not isinstance(given, dict):
        raise RouteTableError(f"The route {name} is not a mapping.")
    try:
        return Row(name=str(name), **given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = str(first["msg"]).removeprefix("Value error, ")
        raise RouteTableError(f"The route {name} is wrong{f' at {where}' if where else ''}: {message}.") from None
    except TypeError:
        raise RouteTableError(f"The route {name} has a field that is no route's field.") from None


def _refuse_unknown_services(rows: Iterable[Row], services: Collection[str]) -> None:
    """A service of the platform may be switched off; any other name is a mistake that would drop the row."""
    known = {*PLATFORM_SERVICES, *services}
    for row in rows:
        if row.service not in known:
            raise RouteTableError(
                f"The route {row.name} names the service {row.service}, which is not one of {', '.join(sorted(known))}."
            )


def _refuse_same_request_twice(rows: Iterable[Row]) -> None:
    owners: dict[tuple[str, str, str], str] = {}
    for row in rows:
        for path in row.paths:
            for method in row.methods:
                key = (path.type, path.element, method)
                if owner := owners.get(key):
                    raise RouteTableError(f"The routes {owner} and {row.name} both match {method} {path.path}.")
                owners[key] = row.name


def _refuse_closed_paths(rows: Iterable[Row]) -> None:
    for row in rows:
        for path in row.paths:
            if any(path.element == closed or path.path.startswith(f"{closed}/") for closed in CLOSED_PATHS):
                raise RouteTableError(f"The route {row.name} has the path {path.path}, which is never routed.")


def _refuse_disagreement(table: RouteTable) -> None:
    """The edge decides by path alone, so rows that share one must ask the same of a request."""
    policies: dict[str, Row] = {}
    for row in table.rows:
        for path in row.paths:
            # an exact path and a prefix meet at the prefix's own path
            other = policies.setdefault(path.element or "/", row)
            if other.policy != row.policy:
                raise RouteTableError(
                    f"The routes {other.name} and {row.name} share the path {path.path} but not auth and roles."
                )
