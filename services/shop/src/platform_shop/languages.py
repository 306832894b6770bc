"""In which language an answer speaks: `?lang=`, else `Accept-Language`, else English."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Header, Query

from platform_common.languages import preferred_language


class Language(StrEnum):
    """The languages of the catalogue's texts."""

    KOREAN = "ko"
    ENGLISH = "en"


DEFAULT = Language.ENGLISH


def language_of(
    lang: Annotated[Language | None, Query(description="The language of names; else `Accept-Language` says.")] = None,
    accept_language: Annotated[str, Header()] = "",
) -> Language:
    """The language of the answer."""
    return lang if lang is not None else preferred_language(accept_language, tuple(Language), DEFAULT)


LanguageOf = Annotated[Language, Depends(language_of)]


def language_headers(language: Language) -> dict[str, str]:
    """Return what an answer in `language` says of itself, so that caches keep the languages apart."""
    return {"Content-Language": language, "Vary": "Accept-Language"}
