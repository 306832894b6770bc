"""The platform's own route table: `routes:` of charts/member-platform/values.yaml, checked as a whole."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Annotated, Any

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
from pydantic.alias_generators import to_camel

from platform_routes.model import NOT_IDEMPOTENT, Auth, Idempotency, Method, Role, Route, RouteKey
from platform_routes.paths import Path, PathType, is_closed, is_normal
from platform_routes.rules import fault_of_keyed_methods

# Every service that the platform itself may have; a release may leave some of them out.
PLATFORM_SERVICES = frozenset({"auth", "member", "shop", "web"})

# Attributes of `idempotency` that a row cannot have, because templates cannot convert durations to seconds.
DURATIONS = ("ttl",)

NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"


class RouteTableError(Exception):
    """The route table or a related setting is invalid; the message is one sentence."""


def _in_normal_form(path: str) -> str:
    if not is_normal(path):
        raise ValueError(f"the path {path!r} is not in normal form")
    return path


class Strict(BaseModel):
    """A section of a route in a configuration file: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, alias_generator=to_camel)


class RowPath(Strict):
    """A path of a row, in normal form."""

    path: Annotated[str, AfterValidator(_in_normal_form)]
    type: PathType = "Prefix"

    @property
    def parsed(self) -> Path:
        """The path."""
        return Path(self.path, self.type)


class Row(Strict):
    """One row of the table, as it is written."""

    paths: tuple[RowPath, ...] = Field(min_length=1)
    methods: tuple[Method, ...] = Field(min_length=1)
    service: str = Field(min_length=1)
    auth: Auth
    roles: tuple[Role, ...] = ()
    forward_cookies: bool = False
    idempotency: Idempotency = NOT_IDEMPOTENT

    @field_validator("methods", mode="after")
    @classmethod
    def _methods_once(cls, methods: tuple[Method, ...]) -> tuple[Method, ...]:
        if len(set(methods)) != len(methods):
            raise ValueError("a method is listed twice")
        return methods

    @model_validator(mode="after")
    def _attributes_agree(self) -> Row:
        if self.roles and self.auth != "required":
            raise ValueError("roles need auth: required")
        if self.idempotency.ttl is not None:
            raise ValueError("idempotency.ttl is for ProtectedRoutes; set gateway.idempotency.ttlSeconds for all rows")
        if fault := fault_of_keyed_methods(self.idempotency, self.methods):
            raise ValueError(fault)
        return self

    def route(self, name: str, namespace: str = "") -> Route:
        """Return the row as a route; its service has the table's name."""
        return Route(
            key=RouteKey(namespace, name),
            paths=tuple(path.parsed for path in self.paths),
            service=self.service,
            port="http",
            methods=self.methods,
            auth=self.auth,
            roles=self.roles,
            idempotency=self.idempotency,
            bearer=True,
            forward_cookies=self.forward_cookies,
        )


@dataclass(frozen=True)
class RouteTable:
    """The routes of the services that are enabled, in the order of the file."""

    rows: tuple[Route, ...]

    def winner(self, method: str, path: str) -> Route | None:
        """Return the route of a request.

        The best path decides, exact before the longer prefix: what its routes leave out, no wider route takes, because
        the edge has asked auth what the best path asks.
        """
        best: tuple[bool, int] | None = None
        owners: list[Route] = []
        for row in self.rows:
            for pattern in row.paths:
                if not pattern.matches(path) or (best and pattern.rank < best):
                    continue
                if pattern.rank != best:
                    best, owners = pattern.rank, []
                owners.append(row)
        return next((row for row in owners if method in row.methods), None)


def load_table(values: File, services: Collection[str]) -> RouteTable:
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
    rows = [read_row(name, given) for name, given in routes.items()]
    _refuse_unknown_services(rows, services)
    table = RouteTable(rows=tuple(row for row in rows if row.service in services))
    _refuse_same_request_twice(table.rows)
    _refuse_closed_paths(table.rows)
    _refuse_disagreement(table.rows)
    return table


def read_row(name: Any, given: Any, namespace: str = "") -> Route:
    """Return the route of one row, by its name. Raises RouteTableError."""
    if not re.fullmatch(NAME, str(name)):
        raise RouteTableError(f"The route {name} is wrong at name: use lower-case letters, digits and dashes.")
    if not isinstance(given, dict):
        raise RouteTableError(f"The route {name} is not a mapping.")
    try:
        return Row.model_validate(given).route(str(name), namespace)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = str(first["msg"]).removeprefix("Value error, ")
        raise RouteTableError(f"The route {name} is wrong{f' at {where}' if where else ''}: {message}.") from None


def _refuse_unknown_services(rows: Iterable[Route], services: Collection[str]) -> None:
    """A service of the platform may be switched off; any other name is a mistake that would drop the row."""
    known = {*PLATFORM_SERVICES, *services}
    for row in rows:
        if row.service not in known:
            raise RouteTableError(
                f"The route {row.name} names the service {row.service}, which is not one of {', '.join(sorted(known))}."
            )


def _refuse_same_request_twice(rows: Iterable[Route]) -> None:
    owners: dict[tuple[str, str, str], str] = {}
    for row in rows:
        for path in row.paths:
            for method in row.methods:
                key = (path.type, path.element, method)
                if owner := owners.get(key):
                    raise RouteTableError(f"The routes {owner} and {row.name} both match {method} {path.path}.")
                owners[key] = row.name


def _refuse_closed_paths(rows: Iterable[Route]) -> None:
    for row in rows:
        for path in row.paths:
            if is_closed(path):
                raise RouteTableError(f"The route {row.name} has the path {path.path}, which is never routed.")


def _refuse_disagreement(rows: Iterable[Route]) -> None:
    """The edge decides by path only, so rows with the same path must have the same policy."""
    policies: dict[str, Route] = {}
    for row in rows:
        for path in row.paths:
            # an exact path and a prefix meet at the prefix's own path
            other = policies.setdefault(path.element or "/", row)
            if other.policy != row.policy:
                raise RouteTableError(
                    f"The routes {other.name} and {row.name} share the path {path.path} but not auth and roles."
                )
