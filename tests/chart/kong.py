"""Kong's routes as Kong Ingress Controller makes them of Ingress objects, and which of them Kong picks.

Written from the behaviour of the controller 3.5 and of Kong's traditional router 3.9: categories by the number of
matched fields, then routes with a regular expression first, then `regex_priority`, then the longest prefix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rendering import Document, of_kind

CONTROLLER_REGEX = "/~"


@dataclass(frozen=True)
class Route:
    """A route of Kong."""

    name: str
    host: str
    prefixes: tuple[str, ...]
    expressions: tuple[str, ...]
    methods: tuple[str, ...]
    priority: int
    service: str
    plugins: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, bool, int, int]:
        """What Kong sorts by: higher wins."""
        fields = bool(self.host) + bool(self.prefixes or self.expressions) + bool(self.methods)
        priority = self.priority if self.expressions else 0
        return fields, bool(self.expressions), priority, max((len(prefix) for prefix in self.prefixes), default=0)

    def matches(self, host: str, method: str, path: str) -> bool:
        """Tell whether the request fits every field that the route has."""
        if (self.host and self.host != host) or (self.methods and method not in self.methods):
            return False
        return any(path.startswith(prefix) for prefix in self.prefixes) or any(
            re.match(expression, path) for expression in self.expressions
        )


class Ambiguous(AssertionError):
    """Two routes match equally well; Kong would take either."""


def routes(documents: tuple[Document, ...]) -> list[Route]:
    """Return Kong's routes: one a rule's host and backend."""
    found = []
    for ingress in of_kind(documents, "Ingress"):
        if ingress["spec"]["ingressClassName"] != "kong":
            continue
        annotations = ingress["metadata"]["annotations"]
        for rule in ingress["spec"]["rules"]:
            backends: dict[str, tuple[list[str], list[str]]] = {}
            for path in rule["http"]["paths"]:
                prefixes, expressions = backends.setdefault(path["backend"]["service"]["name"], ([], []))
                _translate(path, prefixes, expressions)
            for service, (prefixes, expressions) in backends.items():
                found.append(
                    Route(
                        name=ingress["metadata"]["name"],
                        host=rule.get("host", ""),
                        prefixes=tuple(prefixes),
                        expressions=tuple(expressions),
                        methods=tuple(annotations.get("konghq.com/methods", "").split(",")),
                        priority=int(annotations.get("konghq.com/regex-priority", 0)),
                        service=service,
                        plugins=tuple(filter(None, annotations.get("konghq.com/plugins", "").split(","))),
                    )
                )
    return found


def _translate(path: Document, prefixes: list[str], expressions: list[str]) -> None:
    text, kind = path["path"], path["pathType"]
    if kind == "Prefix":
        base = text.strip("/")
        prefixes.append(f"/{base}/" if base else "/")
        if base:
            expressions.append(f"/{base}$")
    elif kind == "Exact":
        expressions.append(f"/{text.lstrip('/')}$")
    elif text.startswith(CONTROLLER_REGEX):
        expressions.append(text.removeprefix(CONTROLLER_REGEX))
    else:
        prefixes.append(text)


def winner(table: list[Route], host: str, method: str, path: str) -> Route | None:
    """Return the route that Kong picks. Raises Ambiguous."""
    matching = sorted(
        (route for route in table if route.matches(host, method, path)), key=lambda route: route.rank, reverse=True
    )
    if len(matching) > 1 and matching[0].rank == matching[1].rank:
        raise Ambiguous(f"{method} {path}: {matching[0].name} and {matching[1].name}")
    return matching[0] if matching else None
