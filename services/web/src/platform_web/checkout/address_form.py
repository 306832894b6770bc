"""The form of the first step: where the order goes, and how it is paid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from platform_common.display_text import clean_line, filled_line
from platform_common.postal_address import AddressFault, normalize_phone, normalize_postal_code
from platform_web.clients.shop import Address
from platform_web.rendering.catalogues import N_
from platform_web.rendering.form_errors import field_message
from platform_web.visitor.forms import Form, FormOutdated, read_form, require_holder
from platform_web.visitor.visitor import visitor_of

# The field with the member whose address the form takes.
OWNER = "owner"

FIELDS = ("recipient", "phone", "postal_code", "line1", "line2", "city", "country")
COUNTRIES = (
    "KR", "JP", "TW", "HK", "SG", "US", "CA", "AU", "NZ", "GB", "IE", "DE", "FR", "NL", "ES", "IT", "AE", "QA",
)  # fmt: skip

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

_LONGEST = {"recipient": 100, "phone": 40, "postal_code": 20, "line1": 120, "line2": 120, "city": 80}
_NEEDED = ("recipient", "line1", "city")


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
    """Return the address as its country writes it, and what is wrong with it by field, untranslated."""
    typed = {name: form.text(name) for name in FIELDS}
    errors = {name: field_message(name) for name in _LONGEST if not _is_line(name, typed[name])}
    if typed["country"] in COUNTRIES:
        errors = _normalize(typed, "phone", normalize_phone) | errors
        errors = _normalize(typed, "postal_code", normalize_postal_code) | errors
    else:
        errors["country"] = field_message("country")
    if form["payment"] not in PAYMENTS:
        errors["payment"] = PAYMENT_UNKNOWN
    return Address(**typed), errors


def _is_line(name: str, text: str) -> bool:
    try:
        return len(filled_line(text) if name in _NEEDED else clean_line(text)) <= _LONGEST[name]
    except ValueError:
        return False


def _normalize(typed: dict[str, str], name: str, normalize: Callable[[str, str], str]) -> dict[str, str]:
    """Replace a field by what its country makes of it, and return what is wrong with it."""
    try:
        typed[name] = normalize(typed[name], typed["country"])
    except AddressFault as fault:
        return {name: field_message(name, fault.code)}
    return {}
