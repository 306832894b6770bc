"""Durations as Kubernetes writes them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_LONGEST_TTL = 168 * 3600


def parse_duration(text: str) -> int:
    """Return a duration such as `720h` or `1h30m` in seconds. Raises ValueError."""
    found = _DURATION.fullmatch(text)
    if not text or not found:
        raise ValueError(f"{text!r} is not a duration such as 720h, 10m or 1h30m")
    hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _check_ttl(text: str) -> str:
    if not 1 <= parse_duration(text) <= _LONGEST_TTL:
        raise ValueError("must be between 1s and 168h")
    return text


# The text, of at most 32 characters as in the ProtectedRoute's schema.
Ttl = Annotated[str, AfterValidator(_check_ttl)]
