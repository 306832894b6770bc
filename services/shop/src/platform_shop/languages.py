"""The languages of the catalogue's texts."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """The languages of the catalogue's texts."""

    KOREAN = "ko"
    ENGLISH = "en"


DEFAULT = Language.ENGLISH
