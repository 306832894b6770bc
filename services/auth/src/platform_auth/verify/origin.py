"""Cross-site request forgery: may a request with a cookie change anything (ASVS 3.5.1)?"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from platform_auth.config import EdgeHeaders
from platform_auth.verify.credential import RawHeaders

_SAFE_METHODS = frozenset({b"GET", b"HEAD", b"OPTIONS"})
_OWN_SITE = frozenset({b"same-origin", b"none"})
_ORIGIN = re.compile(r"(https?)://([^/?#@\s]+)")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def is_cross_site(headers: RawHeaders, edge: EdgeHeaders) -> bool:
    """Say whether a request that brings a cookie must be refused.

    An unsafe method needs proof that it comes from our own pages: every proof that is there must hold, and at least
    one must be. The requested method and URL are read from the one pair of headers that the edge sets.
    """
    if _single(headers, _METHOD[edge]) in _SAFE_METHODS:
        return False
    site = _values(headers, b"sec-fetch-site")
    origin = _values(headers, b"origin")
    if any(value not in _OWN_SITE for value in site):
        return True
    if not origin:
        return not site
    asked = _requested_origin(headers, edge)
    return len(origin) > 1 or asked is None or not _same(origin[0].decode("latin-1"), *asked)


_METHOD = {EdgeHeaders.ORIGINAL: b"x-original-method", EdgeHeaders.FORWARDED: b"x-forwarded-method"}


def _requested_origin(headers: RawHeaders, edge: EdgeHeaders) -> tuple[str, str] | None:
    """Return scheme and host of the client's URL, as the edge received it."""
    if edge is EdgeHeaders.ORIGINAL:
        try:
            parts = urlsplit((_single(headers, b"x-original-url") or b"").decode("latin-1"))
        except ValueError:
            return None
        return (parts.scheme.lower(), parts.netloc) if parts.netloc else None
    host = _single(headers, b"x-forwarded-host")
    scheme = _single(headers, b"x-forwarded-proto") or b"http"
    return (scheme.decode("latin-1").lower(), host.decode("latin-1")) if host else None


def _same(origin: str, scheme: str, host: str) -> bool:
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        return False
    # If TLS terminates in front of the edge, the edge sees http where the browser sees https; never the reverse.
    if match[1] != scheme and (match[1], scheme) != ("https", "http"):
        return False
    return _without_default_port(match[2], match[1]) == _without_default_port(host, scheme)


def _without_default_port(host: str, scheme: str) -> str:
    return host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ""))


def _values(headers: RawHeaders, wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _single(headers: RawHeaders, wanted: bytes) -> bytes | None:
    values = _values(headers, wanted)
    return values[0] if len(values) == 1 else None
