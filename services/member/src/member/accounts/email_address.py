"""E-mail addresses: one spelling each, so that a person has one account."""

from __future__ import annotations

from typing import Annotated

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, WithJsonSchema

MAX_LENGTH = 254

# A company may run this in a closed network, with domains such as `.internal`, `.local` or `.test`. The library refuses
# them by this list, and documents changing it as the way to allow them.
SPECIAL_USE_DOMAIN_NAMES.clear()


def normalise_email(address: str) -> str:
    """Return the one spelling of `address`: Unicode domain, no case. Raises ValueError with a sentence.

    Addresses of closed networks (`ann@mail.internal`) are fine: whether mail arrives is not asked here.
    """
    try:
        parts = validate_email(
            address, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False, strict=True
        )
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    if "." not in parts.domain:
        raise ValueError("The part after the @-sign is no whole domain name.")
    normalised = parts.normalized.casefold()
    if len(normalised) > MAX_LENGTH:
        raise ValueError("The e-mail address is too long.")
    return normalised


Email = Annotated[
    str,
    Field(max_length=MAX_LENGTH),
    AfterValidator(normalise_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": MAX_LENGTH}),
]
