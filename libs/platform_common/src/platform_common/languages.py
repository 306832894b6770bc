"""`Accept-Language` (RFC 9110, section 12.5.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T", bound=str)

# Browsers send fewer than ten languages; further ones are ignored.
_MAX_HEADER_LENGTH = 500


def preferred_language(accept_language: str, available: Sequence[T], default: T) -> T:
    """Return the language of `available` that suits `accept_language` best, or `default`.

    A range matches by its primary subtag (`ko-KR` matches `ko`). The highest weight wins, then the order of the header;
    a weight of 0 excludes.
    """
    best, best_weight = default, 0.0
    for primary, weight in _ranges(accept_language[:_MAX_HEADER_LENGTH]):
        language = next((one for one in available if one == primary), None)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    for element in header.split(","):
        tag, *parameters = element.split(";")
        yield tag.strip().lower().partition("-")[0], _weight(parameters)


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(float(value), 1.0)
            except ValueError:
                return 0.0
    return 1.0
