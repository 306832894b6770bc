"""Places on this site that a visitor is sent to."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

# A path of ours: no scheme, no host, no second slash or backslash that a browser reads as one, no control character.
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def is_local(given: str) -> bool:
    """Whether `given` is a place on this site."""
    return len(given) <= 2000 and _LOCAL.fullmatch(given) is not None


def local_place(given: str, otherwise: str = "/") -> str:
    """Return `given` if it is a place on this site (ASVS 1.2.2: no open redirect), else `otherwise`."""
    return given if is_local(given) else otherwise


def is_within(place: str, path: str) -> bool:
    """Whether `place` is the page at `path` or one below it."""
    return f"{re.split('[?#]', place)[0]}/".startswith(f"{path}/")


def place_of_referer(referer: str, host: str) -> str | None:
    """Return the page of `host` that a `Referer` header names, path and query, or None."""
    try:
        parts = urlsplit(referer)
    except ValueError:
        return None
    place = parts.path + (f"?{parts.query}" if parts.query else "")
    return place if parts.netloc == host and is_local(place) else None


def with_notice(place: str, notice: str) -> str:
    """Return `place` with a notice to be shown there once."""
    path, _, query = place.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith("notice=")]
    return f"{path}?{'&'.join([*kept, f'notice={quote(notice)}'])}"


def log_in_place(coming_back_to: str) -> str:
    """Return the log-in page that leads back."""
    return f"/log-in?next={quote(coming_back_to, safe='/')}"
