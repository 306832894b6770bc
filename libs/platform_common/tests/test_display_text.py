"""Names and lines of an address: what people have is accepted, what does not show is refused."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_common.display_text import clean_line, filled_line


@pytest.mark.parametrize(
    "name",
    [
        "a", "O'Brien", "X Æ A-12", "김철수", "남궁 민수", "張三", "José", "Ngô Đình", "van 't Hoff", "Иван",
        "علی‌رضا",  # Persian, with a non-joiner
        "\u0930\u094d\u200d\u092f",  # Marathi: virama, then a joiner
        "\u09b0\u200d\u09cd\u09af\u09be",  # Bengali: a joiner, then the virama
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sinhala
        "\u845b\U000e0100\u57ce",  # Japanese, with a variation selector
        "Ann 👩‍💻", "❤️‍🔥",
        "\U00031350", "李\U0002ebf0", "\U0001fae8",  # newer than the Unicode of Python 3.11 (14.0)
    ],
)  # fmt: skip
def test_names_that_people_have_are_accepted(name):
    assert filled_line(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    ["", " ", "\u3000", "\u200b", "\u3164", "\u2066", "\U000e0041", "\u202e", "\u0301", "\u0301\u0308", "\u115f\u1160",
     "\uffa0", "\u2800", "\ufeff", "\u00ad", "\u034f", "\u061c", "\u180e", "\u200d", "\ufe0f", "\u2062", "\U0001d159",
     "\U000e0100", "\u17b4", "\u2065", "\ufff0", "\U000e0080", "\U000e0fff", "\ufdd0", "\ufffe", "\U0010ffff"],
)  # fmt: skip
def test_a_name_without_a_visible_character_is_refused(name):
    with pytest.raises(ValueError, match=r"\w"):
        filled_line(name)


@pytest.mark.parametrize("character", ["\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2069", "\u200e", "\u200f"])
def test_characters_that_change_the_direction_are_refused(character):
    with pytest.raises(ValueError, match=f"{ord(character):04X}"):
        filled_line(f"a{character}b")


@pytest.mark.parametrize(
    "name", ["a\0b", "a\nb", "a\u2028b", "a\u200bb", "a\ufeffb", "a\u200d\u200db", "\u200da", "a \u200cb"]
)
def test_controls_and_invisible_characters_between_visible_ones_are_refused(name):
    with pytest.raises(ValueError, match=r"U\+"):
        filled_line(name)


def test_an_optional_line_may_be_empty_but_not_invisible():
    assert clean_line("  ") == ""
    with pytest.raises(ValueError, match="visible"):
        clean_line("\u0301")


@given(st.text(max_size=60))
def test_what_is_accepted_is_stable_and_shows(text):
    try:
        cleaned = filled_line(text)
    except ValueError:
        return
    assert filled_line(cleaned) == cleaned == cleaned.strip()
    categories = [unicodedata.category(character) for character in cleaned]
    assert any(category[0] in "LNPS" or category == "Cn" for category in categories)


def test_no_single_character_of_a_format_category_makes_a_name():
    hidden = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in {"Cf", "Cc", "Mn"}]

    for character in hidden:
        with pytest.raises(ValueError, match=r"\w"):
            filled_line(character)
