"""Places on this site that a visitor is sent to."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

# A path of ours: no scheme, no host, no second slash or backslash that a browser reads as one, no control character.
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def local_place(given: str, otherwise: str = "/") -> str:
    """Return `given` if it is a place on this site (ASVS 1.2.2: no open redirect), else `otherwise`."""
    return given if len(given) <= 2000 and _LOCAL.fullmatch(given) else otherwise


def place_of_referer(referer: str) -> str:
    """Return the path of the page that a `Referer` header names, or `/`."""
    try:
        path = urlsplit(referer).path
    except ValueError:
        return "/"
    return local_place(path)


def with_notice(place: str, notice: str) -> str:
    """Return `place` with a notice to be shown there once."""
    path, _, query = place.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith("notice=")]
    return f"{path}?{'&'.join([*kept, f'notice={quote(notice)}'])}"


def log_in_place(coming_back_to: str) -> str:
    """Return the log-in page that leads back."""
    return f"/log-in?next={quote(coming_back_to, safe='/')}"
