"""Addresses, locales, names: what goes in comes out in one form, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from member.accounts.email_address import normalise_email
from member.accounts.schemas import DisplayName, Locale, Roles

LOCAL_PART = st.from_regex(r"[a-zA-Z0-9_%+-]{1,20}(\.[a-zA-Z0-9_%+-]{1,20})?", fullmatch=True)


@given(LOCAL_PART)
def test_an_address_has_one_form_whatever_its_case(local_part):
    forms = {normalise_email(f"{part}@{host}") for part in (local_part, local_part.upper(), local_part.lower())
             for host in ("example.com", "EXAMPLE.com")}  # fmt: skip

    assert len(forms) == 1
    (form,) = forms
    assert normalise_email(form) == form


def test_an_international_domain_has_one_form_as_well():
    assert normalise_email("a@xn--bcher-kva.example") == normalise_email("A@BÜCHER.example") == "a@bücher.example"


@pytest.mark.parametrize("address", ["ann@mail.internal", "ann@company.test", "ann@platform.localhost.local"])
def test_addresses_of_closed_networks_are_welcome(address):
    assert normalise_email(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "ann", "@example.com", "ann@", "ann@@example.com", "ann@localhost", "a b@example.com", "ann@example..com",
     "ann@[127.0.0.1]", '"ann"@example.com', "Ann <ann@example.com>", "ann@example.com\n", "á@example.com",
     "ann@" + "x" * 64 + ".com", "a@" + "x." * 124 + "example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError, match=r"\w"):
        normalise_email(address)


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
