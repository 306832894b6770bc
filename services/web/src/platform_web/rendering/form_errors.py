"""What a service finds wrong with a form, field by field, in the visitor's words."""

from __future__ import annotations

from collections.abc import Mapping

from platform_common.problems import FieldError
from platform_web.clients.errors import Refused
from platform_web.rendering.catalogues import N_

# The code of an empty field, where that needs words of its own.
MISSING = "missing"

# By field and the service's code; then by code alone; then by field alone.
_MESSAGES = {
    ("", "invisible-character"): N_("Remove the invisible characters from this field."),
    ("email", MISSING): N_("Enter your e-mail address."),
    ("display_name", MISSING): N_("Enter your name."),
    ("password", MISSING): N_("Enter a password."),
    ("current_password", MISSING): N_("Enter your current password."),
    ("email", ""): N_("Enter an e-mail address, such as name@example.com."),
    ("email", "email-taken"): N_("An account with this e-mail address exists already. Log in, or take another."),
    ("display_name", ""): N_("Enter a name of up to 100 characters."),
    ("password", "password-too-short"): N_("A password has at least 8 characters."),
    ("password", "password-too-long"): N_("A password has at most 256 characters."),
    ("password", "password-common"): N_("This password is among those that are guessed first. Choose another."),
    ("password", "password-context"): N_("This password is little more than your name, your address or ours."),
    ("password", ""): N_("Choose another password."),
    ("current_password", ""): N_("This is not your password."),
    ("recipient", ""): N_("Enter who receives the parcel."),
    ("phone", ""): N_("Enter a telephone number for the courier."),
    ("phone", "phone-malformed"): N_(
        "Enter a telephone number, such as 010-1234-5678. A number of another country begins with + and its code."
    ),
    ("postal_code", ""): N_("Enter the postal code."),
    ("postal_code", "postal-code-malformed"): N_("This is not a postal code of the chosen country."),
    ("postal_code", "postal-code-unused"): N_("The chosen country has no postal codes. Leave this field empty."),
    ("line1", ""): N_("Enter street and number."),
    ("line2", ""): N_("This line is too long."),
    ("city", ""): N_("Enter the city."),
    ("country", ""): N_("Choose a country."),
}
_OTHERWISE = N_("Look at this field again.")
_ALIASES = {"new_password": "password"}


def field_message(field: str, code: str = "") -> str:
    """Return what to say of a field, untranslated."""
    name = _ALIASES.get(field, field)
    return _MESSAGES.get((name, code)) or _MESSAGES.get(("", code)) or _MESSAGES.get((name, "")) or _OTHERWISE


def missing_fields(fields: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return the messages of those fields of `names` that hold nothing, untranslated."""
    return {name: field_message(name, MISSING) for name in names if not fields.get(name, "").strip()}


def field_errors(refused: Refused) -> dict[str, str]:
    """Return the messages by field, untranslated."""
    found: dict[str, str] = {}
    for error in refused.errors:
        field = _field(error)
        found.setdefault(field, field_message(field, error.code))
    return found


def _field(error: FieldError) -> str:
    return error.pointer.rpartition("/")[2]
