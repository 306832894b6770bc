"""In which language an answer speaks: `?lang=`, else `Accept-Language`, else English."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Header, Query


class Language(StrEnum):
    """The languages of the catalogue's texts."""

    KOREAN = "ko"
    ENGLISH = "en"


DEFAULT = Language.ENGLISH


def preferred(accept_language: str) -> Language:
    """Return what suits best (RFC 9110, section 12.5.4): the highest weight, then the order in which they come."""
    best, weight = DEFAULT, 0.0
    for element in accept_language.split(","):
        tag, _, parameters = element.partition(";")
        known = next((one for one in Language if tag.strip().lower().split("-")[0] == one), None)
        wanted = _weight(parameters)
        if known is not None and wanted > weight:
            best, weight = known, wanted
    return best


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def language_of(
    lang: Annotated[Language | None, Query(description="The language of names; else `Accept-Language` says.")] = None,
    accept_language: Annotated[str, Header()] = "",
) -> Language:
    """The language of the answer."""
    return lang if lang is not None else preferred(accept_language)


LanguageOf = Annotated[Language, Depends(language_of)]


def language_headers(language: Language) -> dict[str, str]:
    """Return what an answer in `language` says of itself, so that caches keep the languages apart."""
    return {"Content-Language": language, "Vary": "Accept-Language"}
