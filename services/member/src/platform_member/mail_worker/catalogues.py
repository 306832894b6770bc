"""Texts of the mails: English in the templates, Korean from a gettext catalogue compiled at start."""

from __future__ import annotations

from gettext import NullTranslations
from pathlib import Path
from typing import Literal, get_args

from platform_common.catalogues import compile_catalogue

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "en"

FOLDER = Path(__file__).with_name("locale")


def language_of(locale: str) -> Language:
    """Return the language of the mails to a member with `locale`, such as ko-KR."""
    primary = locale.partition("-")[0]
    return next((language for language in LANGUAGES if language == primary), DEFAULT_LANGUAGE)


def load_catalogue(language: Language) -> NullTranslations:
    """Return the catalogue of `language`; English needs none."""
    if language == DEFAULT_LANGUAGE:
        return NullTranslations()
    return compile_catalogue(FOLDER / language / "LC_MESSAGES" / "mail.po")
