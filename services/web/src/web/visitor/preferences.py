"""Language and theme: what the visitor chose, or else what the browser asks for."""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["en", "ko"]
Theme = Literal["system", "light", "dark"]

LANGUAGES: Final[tuple[Language, ...]] = ("ko", "en")
THEMES: Final[tuple[Theme, ...]] = ("system", "light", "dark")
DEFAULT_LANGUAGE: Final[Language] = "en"

LANGUAGE_COOKIE = "lang"
THEME_COOKIE = "theme"
# Preferences are kept for a year (seconds).
KEPT_SECONDS = 365 * 86_400


def language_of(chosen: str | None, accept_language: str) -> Language:
    """Return the language of the pages (RFC 9110, section 12.5.4)."""
    known = known_language(chosen or "")
    return known or _accepted(accept_language) or DEFAULT_LANGUAGE


def known_language(tag: str) -> Language | None:
    """Return the language of a tag such as `ko-KR`, if pages speak it."""
    primary = tag.partition("-")[0].strip().lower()
    return next((language for language in LANGUAGES if language == primary), None)


def theme_of(chosen: str | None) -> Theme:
    """Return the theme that was chosen; the system's unless one was."""
    return next((theme for theme in THEMES if theme == chosen), "system")


def _accepted(header: str) -> Language | None:
    ranked: list[tuple[float, int, Language]] = []
    for position, part in enumerate(header[:500].split(",")):
        tag, _, parameters = part.partition(";")
        language = known_language(tag)
        weight = _weight(parameters)
        if language is not None and weight > 0:
            ranked.append((-weight, position, language))
    return min(ranked)[2] if ranked else None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
