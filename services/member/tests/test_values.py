"""Addresses, locales, names: what goes in comes out in one form, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from platform_member.accounts.schemas import DisplayName, Locale, Roles


@pytest.mark.parametrize(
    ("given_tag", "kept"), [("EN", "en"), ("ko-kr", "ko-KR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419")]
)
def test_a_locale_is_kept_in_its_canonical_form(given_tag, kept):
    assert TypeAdapter(Locale).validate_python(given_tag) == kept


@pytest.mark.parametrize("tag", ["", "e", "english", "en_US", "en-", "../en", "en-US-x-private"])
def test_what_is_no_locale_is_refused(tag):
    with pytest.raises(ValidationError):
        TypeAdapter(Locale).validate_python(tag)


@given(st.text(max_size=120))
def test_a_name_is_refused_or_printable_and_stable(name):
    names = TypeAdapter(DisplayName)
    try:
        kept = names.validate_python(name)
    except ValidationError:
        return
    assert kept == kept.strip()
    assert "\0" not in kept
    assert "\n" not in kept
    assert kept
    if len(kept) <= 100:
        assert names.validate_python(kept) == kept


def test_roles_are_a_set_in_order():
    assert TypeAdapter(Roles).validate_python(["b", "a", "b"]) == ["a", "b"]


@pytest.mark.parametrize(
    "roles", [["Admin"], ["a,b"], ["a b"], [""], ["x" * 33], [f"r{n}" for n in range(17)], "admin"]
)
def test_roles_that_would_not_fit_a_header_are_refused(roles):
    with pytest.raises(ValidationError):
        TypeAdapter(Roles).validate_python(roles)
