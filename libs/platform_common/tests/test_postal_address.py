"""Postal codes, telephone numbers and the order of an address's lines, by country."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_common.postal_address import (
    AddressFault,
    PostalLabel,
    address_lines,
    is_country,
    needs_postal_code,
    normalize_phone,
    normalize_postal_code,
)


def fullwidth(text):
    """Return `text` as a Japanese or Korean keyboard may type it."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


COUNTRIES = ["KR", "US", "GB", "AE", "HK", "IE", "JP", "SG", "KP"]


@pytest.mark.parametrize(
    ("country", "typed", "code"),
    [
        ("KR", "04524", "04524"), ("KR", f" {fullwidth('04524')} ", "04524"), ("GB", "sw1a 1aa", "SW1A 1AA"),
        ("JP", "154-0023", "154-0023"),
        ("US", "10001-1234", "10001-1234"), ("CA", "h3z 2y7", "H3Z 2Y7"), ("DE", "10115", "10115"),
        ("AE", "", ""), ("HK", "", ""), ("QA", "", ""), ("IE", "", ""), ("IE", "A65 F4E2", "A65 F4E2"), ("MO", " ", ""),
        ("KP", "anything", "ANYTHING"),
    ],
)  # fmt: skip
def test_a_postal_code_is_written_as_its_country_writes_it(country, typed, code):
    assert normalize_postal_code(typed, country) == code


@pytest.mark.parametrize(
    ("country", "typed", "code"),
    [
        ("KR", "", "postal-code-missing"), ("US", "  ", "postal-code-missing"),
        ("KR", "100-110", "postal-code-malformed"),
        ("GB", "04524", "postal-code-malformed"), ("GB", "GIR 0AA and more", "postal-code-malformed"),
        ("AE", "00000", "postal-code-unused"), ("HK", "999077", "postal-code-unused"), ("ZZ", "1", "country-unknown"),
    ],
)  # fmt: skip
def test_a_postal_code_that_does_not_fit_is_named(country, typed, code):
    with pytest.raises(AddressFault) as fault:
        normalize_postal_code(typed, country)

    assert fault.value.code == code


def test_what_is_needed_follows_the_country():
    assert [country for country in COUNTRIES if needs_postal_code(country)] == ["KR", "US", "GB", "JP", "SG"]


@pytest.mark.parametrize(
    ("country", "typed", "number"),
    [
        ("KR", "(02) 123-4567", "02-123-4567"), ("KR", "+82 2-123-4567", "02-123-4567"),
        ("KR", "01012345678", "010-1234-5678"),
        ("KR", fullwidth("010-1234-5678"), "010-1234-5678"), ("KR", "02-123-4567 내선 12", "02-123-4567 ext. 12"),
        ("KR", "02 123 4567 x12", "02-123-4567 ext. 12"), ("KR", "1588-1234", "1588-1234"),
        ("KR", "+1 (650) 253-0000", "+1 650-253-0000"), ("US", "(650) 253-0000 ext. 123", "(650) 253-0000 ext. 123"),
        ("DE", "+49 (0)30 901820", "030 901820"),
        # Of a range that libphonenumber does not know: the national form of these would lose the leading zero.
        ("AE", "04-123 4567", "+971 41234567"), ("AE", "+971 4 123 4567", "+971 41234567"),
        ("KR", "123-4567", "1234567"),
        ("US", "010-1234-5678", None), ("KR", "call me", None),
        ("KR", "", None),
        ("KR", "12", None), ("KR", "+999 123456789", None), ("ZZ", "02-123-4567", None),
    ],
)  # fmt: skip
def test_a_telephone_number_is_read_as_people_write_it(country, typed, number):
    if number is None:
        with pytest.raises(AddressFault, match="telephone number"):
            normalize_phone(typed, country)
    else:
        assert normalize_phone(typed, country) == number
        assert normalize_phone(number, country) == number


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        (
            PostalLabel("김하나", "세종대로 110", "3층", "서울특별시 중구", "04524", "KR"),
            ["서울특별시 중구", "세종대로 110", "3층", "김하나", "04524"],
        ),
        (
            PostalLabel("Hana Kim", "110 Sejong-daero", "", "Jung-gu, Seoul", "04524", "KR"),
            ["Hana Kim", "110 Sejong-daero", "Jung-gu, Seoul", "04524"],
        ),
        (PostalLabel("Ann", "1 Main St", "Apt 2", "New York, NY", "10001", "US"),
         ["Ann", "1 Main St", "Apt 2", "New York, NY, 10001"]),
        (PostalLabel("Ann", "Hauptstr. 1", "", "Berlin", "10115", "DE"), ["Ann", "Hauptstr. 1", "10115 Berlin"]),
        (PostalLabel("Ann", "1 Sheikh Rd", "", "Dubai", "", "AE"), ["Ann", "1 Sheikh Rd", "Dubai"]),
        (PostalLabel("Ann", "1 Main St", "", "Singapore", "546080", "SG"),
         ["Ann", "1 Main St", "Singapore", "SINGAPORE 546080"]),
        (PostalLabel("Ann", "1 Rua", "", "Macau", "", "MO"), ["Ann", "1 Rua", "Macau"]),
        (PostalLabel("Ann", "1 Main St", "", "Town", "1", "ZZ"), ["Ann", "1 Main St", "Town, 1"]),
    ],
)  # fmt: skip
def test_an_address_is_shown_in_the_order_of_its_country(label, lines):
    assert address_lines(label) == lines


@pytest.mark.parametrize(("code", "known"), [("KR", True), ("AQ", True), ("ZZ", False), ("kr", False), ("KOR", False)])
def test_a_country_is_one_of_the_list(code, known):
    assert is_country(code) is known


@given(st.text(max_size=40), st.sampled_from(COUNTRIES))
def test_any_text_is_read_or_refused(text, country):
    for normalize in (normalize_phone, normalize_postal_code):
        with suppress(AddressFault):
            assert isinstance(normalize(text, country), str)


@given(st.tuples(*[st.text(max_size=10)] * 5), st.sampled_from(COUNTRIES))
def test_no_part_of_an_address_is_lost(parts, country):
    recipient, line1, line2, city, postal_code = (" ".join(part.split()).strip(" ,") for part in parts)

    shown = "\n".join(address_lines(PostalLabel(recipient, line1, line2, city, postal_code, country)))

    for part in (recipient, line1, line2, city):
        assert part in shown
