"""Paths and how they lie to one another; no dependency but the language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

EXACT = "Exact"
PREFIX = "Prefix"

# On no route, whatever anybody asks for: the client gets 404 and no service sees the request.
CLOSED_PATHS = ("/internal", "/auth/verify", "/metrics", "/livez", "/readyz")

# Locations that the standalone edge and gateway use internally; no client gets to them.
INTERNAL_PATHS = ("/.edge", "/gateway_buffered", "/gateway_error")


@dataclass(frozen=True)
class Path:
    """A path and how it matches: Exact, or Prefix by path element."""

    path: str
    type: str = PREFIX

    @property
    def element(self) -> str:
        """The path without a trailing slash: what a prefix stands for (`/` is the empty string)."""
        return self.path.rstrip("/") if self.type == PREFIX else self.path

    def __str__(self) -> str:
        return f"={self.path}" if self.type == EXACT else self.path


def covers(prefix: str, path: str) -> bool:
    """Tell whether the element `prefix` covers `path`: `/a` covers `/a` and `/a/b`, not `/ab`."""
    return path == prefix or path.startswith(f"{prefix}/") or not prefix


def overlap(one: Path, other: Path) -> bool:
    """Tell whether some request fits both."""
    if one.type == EXACT and other.type == EXACT:
        return one.path == other.path
    if one.type == EXACT:
        return covers(other.element, one.path)
    if other.type == EXACT:
        return covers(one.element, other.path)
    return covers(one.element, other.element) or covers(other.element, one.element)


def is_closed(path: Path) -> bool:
    """Tell whether `path` is, or lies below, one that is never routed."""
    return any(covers(closed, path.path.rstrip("/")) for closed in (*CLOSED_PATHS, *INTERNAL_PATHS))


def closed_below(path: Path) -> tuple[str, ...]:
    """Return the closed paths that the prefix `path` would take along."""
    if path.type == EXACT:
        return ()
    return tuple(closed for closed in CLOSED_PATHS if covers(path.element, closed))


def ancestors(element: str) -> Iterator[str]:
    """Yield the elements above `element`, from the root (the empty string) down, without itself."""
    if element:
        yield ""
    at = element.find("/", 1)
    while at > 0:
        yield element[:at]
        at = element.find("/", at + 1)
