"""Texts of the pages: English in the sources, Korean from a gettext catalogue compiled at start."""

from __future__ import annotations

from gettext import NullTranslations
from pathlib import Path

from platform_common.catalogues import compile_catalogue
from platform_web.visitor.preferences import DEFAULT_LANGUAGE, LANGUAGES, Language

FOLDER = Path(__file__).parents[1] / "locale"


def catalogue_file(language: Language) -> Path:
    """Return the path of the translation into `language`."""
    return FOLDER / language / "LC_MESSAGES" / "web.po"


def load_catalogue(language: Language) -> NullTranslations:
    """Return the catalogue of `language`; English needs none."""
    if language == DEFAULT_LANGUAGE:
        return NullTranslations()
    return compile_catalogue(catalogue_file(language))


def load_catalogues() -> dict[Language, NullTranslations]:
    """Return the catalogues of all languages."""
    return {language: load_catalogue(language) for language in LANGUAGES}


def N_(message: str) -> str:  # noqa: N802 (gettext's own name for it)
    """Mark a message for extraction; it is translated where it is rendered."""
    return message
