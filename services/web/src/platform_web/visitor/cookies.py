"""Cookies of requests and responses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# The characters of our own cookie values (RFC 6265, section 4.1.1).
_VALUE = re.compile(r"[A-Za-z0-9._~+/=-]*")
_NAME = re.compile(r"[A-Za-z0-9_-]+")

SameSite = Literal["Lax", "Strict"]


def read_cookies(lines: list[str]) -> dict[str, str]:
    """Parse `Cookie` headers. A name that occurs twice is ignored: neither value can be trusted."""
    found: dict[str, str] = {}
    duplicates: set[str] = set()
    for line in lines:
        for crumb in line.split(";"):
            name, separator, value = crumb.strip().partition("=")
            if separator and name in found:
                duplicates.add(name)
            elif separator:
                found[name] = value
    return {name: value for name, value in found.items() if name not in duplicates}


def is_cookie_value(value: str) -> bool:
    """Whether `value` is not empty and has only the characters of our own cookies."""
    return bool(value) and _VALUE.fullmatch(value) is not None


def cookie_values(lines: list[str], name: str) -> tuple[str, ...]:
    """Return the distinct non-empty values of the cookie `name`."""
    crumbs = (crumb.strip().partition("=") for line in lines for crumb in line.split(";"))
    return tuple(dict.fromkeys(value for found, _, value in crumbs if found == name and value))


@dataclass(frozen=True)
class CookieRules:
    """How cookies are written: `Secure`, unless a development setting disables it."""

    secure: bool

    def host(self, name: str) -> str:
        """Return the full name of a host-only cookie."""
        return f"__Host-{name}" if self.secure else name

    def scoped(self, name: str) -> str:
        """Return the full name of a cookie with a path."""
        return f"__Secure-{name}" if self.secure else name

    def line(
        self,
        name: str,
        value: str,
        max_age: int | None = None,
        *,
        path: str = "/",
        same_site: SameSite = "Lax",
        http_only: bool = True,
    ) -> str:
        """Return a `Set-Cookie` line; without `max_age` it is a session cookie."""
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError("invalid cookie name or value")
        age = f"; Max-Age={max_age}" if max_age is not None else ""
        secure = "; Secure" if self.secure else ""
        script = "; HttpOnly" if http_only else ""
        return f"{name}={value}; Path={path}{age}{secure}{script}; SameSite={same_site}"

    def removal(self, name: str, *, path: str = "/") -> str:
        """Return the `Set-Cookie` line that removes a cookie."""
        return self.line(name, "", 0, path=path)
