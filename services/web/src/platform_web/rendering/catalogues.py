"""Texts of the pages: English in the sources, Korean from a gettext catalogue compiled at start."""

from __future__ import annotations

from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from platform_web.visitor.preferences import DEFAULT_LANGUAGE, LANGUAGES, Language

FOLDER = Path(__file__).parents[1] / "locale"


def catalogue_file(language: Language) -> Path:
    """Return the path of the translation into `language`."""
    return FOLDER / language / "LC_MESSAGES" / "web.po"


def load_catalogue(language: Language) -> NullTranslations:
    """Return the catalogue of `language`; English needs none."""
    if language == DEFAULT_LANGUAGE:
        return NullTranslations()
    with catalogue_file(language).open("rb") as file:
        catalogue = read_po(file, locale=language, domain="web")
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain="web")


def load_catalogues() -> dict[Language, NullTranslations]:
    """Return the catalogues of all languages."""
    return {language: load_catalogue(language) for language in LANGUAGES}


def N_(message: str) -> str:  # noqa: N802 (gettext's own name for it)
    """Mark a message for extraction; it is translated where it is rendered."""
    return message
