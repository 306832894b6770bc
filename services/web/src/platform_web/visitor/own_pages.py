"""Cross-site request forgery, web's own first lock: what the browser says of where a request comes from."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from platform_common.problems import Forbidden

_OWN_SITE = frozenset({"same-origin", "none"})


class CrossSiteRequest(Forbidden):
    """A page of another site sent the request, or nothing proves that one of ours did."""

    code = "cross-site-request"


def require_own_page(headers: Headers, *, proof: bool) -> None:
    """Raise CrossSiteRequest when the browser says that another site's page sent this.

    With `proof`, also when it says nothing. The edge asks the same where a cookie is the credential.
    """
    site, origin = headers.getlist("sec-fetch-site"), headers.getlist("origin")
    if any(value not in _OWN_SITE for value in site):
        raise CrossSiteRequest("Another site's page sent this.")
    if origin and (len(origin) > 1 or not _is_of_host(origin[0], headers.get("host", ""))):
        raise CrossSiteRequest("Another site's page sent this.")
    if proof and not site and not origin:
        raise CrossSiteRequest("Nothing shows that one of our own pages sent this.")


def _is_of_host(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return bool(default) and parts.netloc.lower().removesuffix(default) == host.lower().removesuffix(default)
