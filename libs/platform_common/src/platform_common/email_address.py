"""E-mail addresses: the one place that decides which spellings are the same account.

The rule: surrounding blanks are removed. The domain is read by IDNA 2008 (UTS 46 mapping, non-transitional) and kept in
Unicode, so `xn--` spellings, other dots and ignored characters become the same domain, while `faß.de` and `fass.de`
stay different. The local part is ASCII and compared in lower case; dots and `+tags` in it are significant.
"""

from __future__ import annotations

from typing import Annotated

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import AfterValidator, WithJsonSchema

MAX_LENGTH = 254
# A spelling may be longer than its normal form (64 + 1 + 253, and blanks); decoding far longer ones only costs time.
_MAX_SPELLING_LENGTH = 320

# A company may run this in a closed network, with domains such as `.internal`, `.local` or `.test`. The library refuses
# them by this list, and documents changing it as the way to allow them.
SPECIAL_USE_DOMAIN_NAMES.clear()


def normalize_email(address: str) -> str:
    """Return the normal form of `address`, the same for every spelling of one account.

    Raises ValueError with a sentence. Whether mail can be delivered is not checked.
    """
    if len(address) > _MAX_SPELLING_LENGTH:
        raise ValueError("The e-mail address is too long.")
    try:
        parts = validate_email(
            address.strip(), check_deliverability=False, allow_smtputf8=False, globally_deliverable=False, strict=True
        )
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    if "." not in parts.domain:
        raise ValueError("The part after the @-sign is not a complete domain name.")
    normalized = f"{parts.local_part.lower()}@{parts.domain}"
    if len(normalized) > MAX_LENGTH:
        raise ValueError("The e-mail address is too long.")
    return normalized


Email = Annotated[
    str,
    AfterValidator(normalize_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": MAX_LENGTH}),
]
