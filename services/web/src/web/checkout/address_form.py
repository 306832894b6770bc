"""The form of the first step: where the order goes, and how it is paid."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from web.clients.shop import Address
from web.rendering.catalogues import N_
from web.rendering.form_errors import field_message
from web.visitor.forms import Form, FormOutdated, read_form, require_holder
from web.visitor.visitor import visitor_of

# The field with the member whose address the form takes.
OWNER = "owner"

FIELDS = ("recipient", "phone", "postal_code", "line1", "line2", "city", "country")
COUNTRIES = ("KR", "JP", "TW", "US", "CA", "AU", "GB", "DE", "FR")

# The test provider's tokens: each shows another way that a payment can go.
PAYMENTS = {
    "ok": N_("Test card that pays at once"),
    "slow": N_("Test card that takes a while"),
    "fail": N_("Test card that is declined"),
    "twice": N_("Test card that answers twice"),
    "never": N_("Test card that never answers"),
}
DEFAULT_PAYMENT = "ok"
PAYMENT_UNKNOWN = N_("Choose how you pay.")

_LONGEST = {"recipient": 100, "phone": 30, "postal_code": 16, "line1": 120, "line2": 120, "city": 80}
# As the shop takes them.
_FORMS = {
    "phone": re.compile(r"\+?[0-9][0-9 ().-]{3,28}[0-9]"),
    "postal_code": re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{1,14}[A-Za-z0-9]"),
}


def token_holder(owner: str) -> str:
    """Return the holder of the address form's token: a member, since the form may outlast the session."""
    return f"address of {owner}"


async def address_form(request: Request) -> Form:
    """Return the form that was made for the member in it, who is the visitor or has lost the session since.

    Raises FormOutdated when the visitor is another member, and what `read_form` and `require_holder` raise.
    """
    form, visitor = await read_form(request), visitor_of(request)
    require_holder(form, visitor, token_holder(form[OWNER]))
    if visitor.principal is not None and visitor.principal.subject != form[OWNER]:
        raise FormOutdated("The page is of another member.")
    return form


AddressForm = Annotated[Form, Depends(address_form)]


def address_of(form: Form) -> tuple[Address, dict[str, str]]:
    """Return the address as it was typed, and what is wrong with it by field, untranslated."""
    typed = {name: form.text(name) for name in FIELDS}
    errors = {
        name: field_message(name)
        for name, longest in _LONGEST.items()
        if len(typed[name]) > longest or (not typed[name] and name != "line2")
    }
    errors |= {name: field_message(name) for name, shape in _FORMS.items() if not shape.fullmatch(typed[name])}
    if typed["country"] not in COUNTRIES:
        errors["country"] = field_message("country")
    if form["payment"] not in PAYMENTS:
        errors["payment"] = PAYMENT_UNKNOWN
    return Address(**typed), errors
