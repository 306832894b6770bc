"""Paths: their normal form, which of them overlap, and which are never routed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

PathType = Literal["Exact", "Prefix"]

EXACT = "Exact"
PREFIX = "Prefix"

# The client gets 404 and no service sees the request, whatever a table contains.
CLOSED_PATHS = ("/internal", "/auth/verify", "/metrics", "/livez", "/readyz")

# Locations that the edge and the gateway use internally; nginx itself refuses them to clients.
INTERNAL_PATHS = ("/.edge", "/gateway_buffered", "/gateway_error")

# No characters with two spellings, which components could read differently (RFC 3986, section 2.3), and none that
# ingress-nginx refuses in a path that is no regular expression.
PATTERN = r"^/([A-Za-z0-9._-]+/)*([A-Za-z0-9._-]+)?$"
_PATTERN = re.compile(PATTERN.removesuffix("$"))


@dataclass(frozen=True)
class Path:
    """A path and how it matches: Exact, or Prefix by path element."""

    path: str
    type: str = PREFIX

    @property
    def element(self) -> str:
        """The path without a trailing slash, as a prefix (`/` is the empty string)."""
        return self.path.rstrip("/") if self.type == PREFIX else self.path

    @property
    def rank(self) -> tuple[bool, int]:
        """How specific the path is; the greatest rank of the paths that match a request decides."""
        return self.type == EXACT, len(self.element)

    def matches(self, path: str) -> bool:
        """Return whether a request for `path` is one for this path."""
        return path == self.path if self.type == EXACT else covers(self.element, path)

    def __str__(self) -> str:
        return f"={self.path}" if self.type == EXACT else self.path


def is_normal(path: str) -> bool:
    """Return whether `path` is in normal form: plain characters, no empty elements, no dot segments."""
    elements = path.split("/")
    return bool(_PATTERN.fullmatch(path)) and "." not in elements and ".." not in elements


def covers(prefix: str, path: str) -> bool:
    """Return whether the element `prefix` covers `path`: `/a` covers `/a` and `/a/b`, not `/ab`."""
    return not prefix or path == prefix or path.startswith(f"{prefix}/")


def overlap(one: Path, other: Path) -> bool:
    """Return whether some request matches both."""
    if one.type == EXACT and other.type == EXACT:
        return one.path == other.path
    if one.type == EXACT:
        return covers(other.element, one.path)
    if other.type == EXACT:
        return covers(one.element, other.path)
    return covers(one.element, other.element) or covers(other.element, one.element)


def is_closed(path: Path) -> bool:
    """Return whether `path` is closed, or below a closed path."""
    return any(covers(closed, path.path.rstrip("/")) for closed in (*CLOSED_PATHS, *INTERNAL_PATHS))


def closed_below(path: Path) -> tuple[str, ...]:
    """Return the closed paths that the prefix `path` would include."""
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
