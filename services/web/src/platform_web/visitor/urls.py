"""URLs on this site that a visitor is redirected to."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

# A path on this site: no scheme or host, no second slash or backslash (browsers treat it as one), no control character.
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def is_safe_path(url: str) -> bool:
    """Whether `url` is a path on this site."""
    return len(url) <= 2000 and _LOCAL.fullmatch(url) is not None


def safe_redirect_path(url: str, default: str = "/") -> str:
    """Return `url` if it is a path on this site (ASVS 1.2.2: no open redirect), else `default`."""
    return url if is_safe_path(url) else default


def is_within(url: str, path: str) -> bool:
    """Whether `url` is the page at `path` or one below it."""
    return f"{re.split('[?#]', url)[0]}/".startswith(f"{path}/")


def url_of_referer(referer: str, host: str) -> str | None:
    """Return path and query of a `Referer` header on `host`, or None."""
    try:
        parsed = urlsplit(referer)
    except ValueError:
        return None
    url = parsed.path + (f"?{parsed.query}" if parsed.query else "")
    return url if parsed.netloc == host and is_safe_path(url) else None


def with_notice(url: str, notice: str) -> str:
    """Return `url` with a notice that is shown there once."""
    path, _, query = url.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith("notice=")]
    return f"{path}?{'&'.join([*kept, f'notice={quote(notice)}'])}"


def reauthentication_url(return_to: str) -> str:
    """Return the URL of the log-in page for a visitor whose log-in is too old; it returns to `return_to`."""
    return f"/log-in?again&next={quote(return_to, safe='/')}"


def login_url(return_to: str) -> str:
    """Return the URL of the log-in page, which returns to `return_to`."""
    return f"/log-in?next={quote(return_to, safe='/')}"
