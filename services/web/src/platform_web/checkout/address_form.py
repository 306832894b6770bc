"""The form of the checkout's first step: delivery address and payment method."""

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
from platform_web.visitor.forms import CsrfTokenInvalid, Form, read_form, require_token
from platform_web.visitor.visitor import get_visitor

# The field with the id of the member the form was rendered for.
OWNER = "owner"

FIELDS = ("recipient", "phone", "postal_code", "line1", "line2", "city", "country")
COUNTRIES = (
    "KR", "JP", "TW", "HK", "SG", "US", "CA", "AU", "NZ", "GB", "IE", "DE", "FR", "NL", "ES", "IT", "AE", "QA",
)  # fmt: skip

# Tokens of the test provider, one per payment outcome.
PAYMENTS = {
    "ok": N_("Test card that succeeds immediately"),
    "slow": N_("Test card that responds slowly"),
    "fail": N_("Test card that is declined"),
    "twice": N_("Test card that reports its result twice"),
    "never": N_("Test card that never responds"),
}
DEFAULT_PAYMENT = "ok"
PAYMENT_UNKNOWN = N_("Choose a payment method.")

_MAX_LENGTHS = {"recipient": 100, "phone": 40, "postal_code": 20, "line1": 120, "line2": 120, "city": 80}
_REQUIRED = ("recipient", "line1", "city")


def token_holder(owner: str) -> str:
    """Return the token holder of the address form: a member, because the form can outlive the session."""
    return f"address of {owner}"


async def address_form(request: Request) -> Form:
    """Return the form of the visitor, or of a member whose session has ended since the page was rendered.

    Raises CsrfTokenInvalid if the visitor is another member, and what `read_form` and `require_token` raise.
    """
    form, visitor = await read_form(request), get_visitor(request)
    require_token(form, visitor, token_holder(form[OWNER]))
    if visitor.principal is not None and visitor.principal.subject != form[OWNER]:
        raise CsrfTokenInvalid("The page belongs to another member.")
    return form


AddressForm = Annotated[Form, Depends(address_form)]


def address_of(form: Form) -> tuple[Address, dict[str, str]]:
    """Return the address, normalized for its country, and untranslated error messages by field."""
    typed = {name: form.text(name) for name in FIELDS}
    errors = {name: field_message(name) for name in _MAX_LENGTHS if not _is_line(name, typed[name])}
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
        return len(filled_line(text) if name in _REQUIRED else clean_line(text)) <= _MAX_LENGTHS[name]
    except ValueError:
        return False


def _normalize(typed: dict[str, str], name: str, normalize: Callable[[str, str], str]) -> dict[str, str]:
    """Normalize a field for the country in place, and return its error message."""
    try:
        typed[name] = normalize(typed[name], typed["country"])
    except AddressFault as fault:
        return {name: field_message(name, fault.code)}
    return {}
