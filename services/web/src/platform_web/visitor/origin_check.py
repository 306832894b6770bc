"""CSRF protection of requests without a form token: the origin of the request as stated by the browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from platform_common.problems import Forbidden

_OWN_SITE = frozenset({"same-origin", "none"})


class CrossSiteRequest(Forbidden):
    """The request comes from another site, or the browser does not state its origin."""

    code = "cross-site-request"


def require_same_origin(headers: Headers) -> None:
    """Raise CrossSiteRequest unless `Sec-Fetch-Site` and `Origin` show that our own page sent the request."""
    site, origin = headers.getlist("sec-fetch-site"), headers.getlist("origin")
    if any(value not in _OWN_SITE for value in site):
        raise CrossSiteRequest("The request comes from another site.")
    if origin and (len(origin) > 1 or not _is_of_host(origin[0], headers.get("host", ""))):
        raise CrossSiteRequest("The request comes from another site.")
    if not site and not origin:
        raise CrossSiteRequest("The request states no origin.")


def _is_of_host(origin: str, host: str) -> bool:
    try:
        parsed = urlsplit(origin)
    except ValueError:
        return False
    default = {"http": ":80", "https": ":443"}.get(parsed.scheme, "")
    return bool(default) and parsed.netloc.lower().removesuffix(default) == host.lower().removesuffix(default)
