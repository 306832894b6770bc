"""Validation of one line of text for display, such as a name or a line of an address."""

from __future__ import annotations

import unicodedata

from pydantic_core import PydanticCustomError

# Controls, format characters, surrogates, line and paragraph separators.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Code points that are in no version of Unicode that Python knows: people have names in newer ones (rare Chinese ones),
# so they count as visible, but for those that never will be characters or are reserved for invisible ones.
_UNASSIGNED = "Cn"
_RESERVED_INVISIBLE = (range(0x2065, 0x2066), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))
# Characters that render as blank (Unicode: Default_Ignorable_Code_Point, and three blank symbols).
_BLANKS = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U0001d159"  # fillers, joiners of graphemes, blank symbols
)
# Joiners shape letters of Persian and of Indic scripts, and compose emoji.
_JOINERS = frozenset("\u200c\u200d")
# Variation selectors choose the shape of the character before them (Japanese names, emoji, Mongolian).
_VARIATION_SELECTORS = frozenset(
    map(chr, [*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)
_SHAPING = _JOINERS | _VARIATION_SELECTORS
_VISIBLE_CATEGORIES = frozenset("LNPS")


def clean_line(text: str) -> str:
    """Return `text` in NFC without surrounding blanks; it may be empty.

    Raises a ValueError with a code and a sentence for control, invisible and direction-changing characters, and for
    text that consists of combining marks only. Joiners and variation selectors are accepted after a visible character.
    """
    cleaned = unicodedata.normalize("NFC", text).strip()
    previous = ""
    for character in cleaned:
        if not _is_accepted(character, previous):
            point = f"U+{ord(character):04X}"
            raise PydanticCustomError(
                "invisible_character", "Remove the control or invisible character {point}.", {"point": point}
            )
        previous = character
    if cleaned and not any(_is_visible(character) for character in cleaned):
        raise _nothing_visible()
    return cleaned


def filled_line(text: str) -> str:
    """Return `text` as `clean_line` does. Raises ValueError for an empty one as well."""
    cleaned = clean_line(text)
    if not cleaned:
        raise _nothing_visible()
    return cleaned


def _nothing_visible() -> PydanticCustomError:
    return PydanticCustomError("no_visible_character", "Use at least one visible character.")


def _is_accepted(character: str, previous: str) -> bool:
    if character in _SHAPING:
        return previous != "" and (_is_visible(previous) or _is_mark(previous) or previous in _VARIATION_SELECTORS)
    category = unicodedata.category(character)
    if category == _UNASSIGNED:
        return _is_visible(character)
    return character not in _BLANKS and category not in _REFUSED_CATEGORIES


def _is_visible(character: str) -> bool:
    category = unicodedata.category(character)
    if category == _UNASSIGNED:
        code = ord(character)
        return not _is_noncharacter(code) and not any(code in reserved for reserved in _RESERVED_INVISIBLE)
    return category[0] in _VISIBLE_CATEGORIES and character not in _BLANKS


def _is_noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" and character not in _SHAPING | _BLANKS
