"""Language and theme: the visitor's choice, or else the browser's preference."""

from __future__ import annotations

from typing import Final, Literal

from platform_common.languages import preferred_language

Language = Literal["en", "ko"]
Theme = Literal["system", "light", "dark"]

LANGUAGES: Final[tuple[Language, ...]] = ("ko", "en")
THEMES: Final[tuple[Theme, ...]] = ("system", "light", "dark")
DEFAULT_LANGUAGE: Final[Language] = "en"

LANGUAGE_COOKIE = "lang"
THEME_COOKIE = "theme"
# One year (seconds).
LIFETIME_SECONDS = 365 * 86_400


def language_of(chosen: str | None, accept_language: str) -> Language:
    """Return the language of the pages (RFC 9110, section 12.5.4)."""
    known = known_language(chosen or "")
    return known or preferred_language(accept_language, LANGUAGES, DEFAULT_LANGUAGE)


def known_language(tag: str) -> Language | None:
    """Return the supported language of a tag such as `ko-KR`."""
    primary = tag.partition("-")[0].strip().lower()
    return next((language for language in LANGUAGES if language == primary), None)


def theme_of(chosen: str | None) -> Theme:
    """Return the chosen theme, by default the system's."""
    return next((theme for theme in THEMES if theme == chosen), "system")
