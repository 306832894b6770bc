"""Messages for form fields that a service has rejected."""

from __future__ import annotations

from collections.abc import Mapping

from platform_common.problems import FieldError
from platform_web.clients.errors import ServiceError
from platform_web.rendering.catalogues import N_

# The code of an empty field, where it has its own message.
MISSING = "missing"

# Looked up by field and code, then by code, then by field.
_MESSAGES = {
    ("", "invisible-character"): N_("Remove the invisible characters from this field."),
    ("email", MISSING): N_("Enter your e-mail address."),
    ("display_name", MISSING): N_("Enter your name."),
    ("password", MISSING): N_("Enter a password."),
    ("current_password", MISSING): N_("Enter your current password."),
    ("email", ""): N_("Enter an e-mail address, such as name@example.com."),
    ("email", "email-taken"): N_("An account with this e-mail address already exists. Log in or use another address."),
    ("display_name", ""): N_("Enter a name of up to 100 characters."),
    ("password", "password-too-short"): N_("Use at least 8 characters."),
    ("password", "password-too-long"): N_("Use at most 256 characters."),
    ("password", "password-common"): N_("This password is too common. Choose another."),
    ("password", "password-context"): N_(
        "This password is too similar to your name, your e-mail address or the shop's name."
    ),
    ("password", ""): N_("Choose another password."),
    ("current_password", ""): N_("The password is incorrect."),
    ("code", MISSING): N_("Enter the code from the e-mail."),
    ("code", ""): N_("The code is wrong or has expired. Request another one after five attempts."),
    ("app_code", MISSING): N_("Enter the code."),
    ("app_code", ""): N_("This code is wrong or was already used. Wait for the next one and try again."),
    ("recovery_code", MISSING): N_("Enter a recovery code."),
    ("recovery_code", ""): N_("This recovery code is wrong or was already used."),
    ("passkey_name", ""): N_("Enter a name of up to 64 characters."),
    ("reason", ""): N_("Enter a reason of up to 200 characters."),
    ("recipient", ""): N_("Enter the recipient's name."),
    ("phone", ""): N_("Enter a phone number for the delivery."),
    ("phone", "phone-malformed"): N_(
        "Enter a phone number, such as 010-1234-5678. Start a foreign number with + and the country code."
    ),
    ("postal_code", ""): N_("Enter the postal code."),
    ("postal_code", "postal-code-malformed"): N_("This is not a valid postal code for the chosen country."),
    ("postal_code", "postal-code-unused"): N_("The chosen country has no postal codes. Leave this field empty."),
    ("line1", ""): N_("Enter the street address."),
    ("line2", ""): N_("This is too long."),
    ("city", ""): N_("Enter the city."),
    ("country", ""): N_("Choose a country."),
}
_DEFAULT = N_("Check this field.")
_ALIASES = {"new_password": "password"}


def field_message(field: str, code: str = "") -> str:
    """Return the untranslated message for a field."""
    name = _ALIASES.get(field, field)
    return _MESSAGES.get((name, code)) or _MESSAGES.get(("", code)) or _MESSAGES.get((name, "")) or _DEFAULT


def missing_fields(fields: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return untranslated messages for the empty fields among `names`."""
    return {name: field_message(name, MISSING) for name in names if not fields.get(name, "").strip()}


def field_errors(refused: ServiceError) -> dict[str, str]:
    """Return untranslated messages by field."""
    found: dict[str, str] = {}
    for error in refused.errors:
        field = _field(error)
        found.setdefault(field, field_message(field, error.code))
    return found


def _field(error: FieldError) -> str:
    return error.pointer.rpartition("/")[2]
