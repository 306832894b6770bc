"""The draft of an order between the pages of the checkout, in a cookie that expires after an hour.

A draft belongs to one member: another member on the same browser can neither see nor use it (ADR 0020). It holds the
idempotency key of the order, so that a reload, the back button and a second tab place the same order.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from platform_web.checkout.address_form import PAYMENTS
from platform_web.clients.shop import Address
from platform_web.visitor.forms import KEY_PATTERN
from platform_web.visitor.visitor import Visitor

COOKIE = "checkout"
PATH = "/checkout"
LIFETIME_SECONDS = 3600
# Browsers limit a cookie to 4096 bytes.
_MAX_BYTES = 3800


def _known_payment(payment: str) -> str:
    if payment not in PAYMENTS:
        raise ValueError("is not a payment method")
    return payment


class Draft(BaseModel):
    """A draft of an order."""

    model_config = ConfigDict(frozen=True)

    # The member's id (`sub`).
    owner: str
    address: Address
    payment: Annotated[str, AfterValidator(_known_payment)]
    # The cart version that the key belongs to: a changed cart is another order. None until the cart has been read.
    cart_version: int | None = Field(ge=0, lt=2**63)
    # Sent in a header.
    key: str = Field(pattern=KEY_PATTERN)


def read_draft(visitor: Visitor) -> Draft | None:
    """Return the visitor's draft. A draft that is unreadable or belongs to another member is removed."""
    value = visitor.cookies.get(visitor.rules.scoped(COOKIE), "")
    draft = _decoded(value)
    if draft is not None and visitor.principal is not None and draft.owner == visitor.principal.subject:
        return draft
    if value:
        remove_draft(visitor)
    return None


def save_draft(visitor: Visitor, draft: Draft) -> bool:
    """Store `draft` in the cookie; return False if it is too large."""
    value = base64.urlsafe_b64encode(draft.model_dump_json().encode()).decode()
    if len(value) > _MAX_BYTES:
        return False
    name = visitor.rules.scoped(COOKIE)
    visitor.set_cookie(visitor.rules.line(name, value, LIFETIME_SECONDS, path=PATH, same_site="Strict"))
    return True


def remove_draft(visitor: Visitor) -> None:
    """Remove the draft's cookie."""
    visitor.set_cookie(visitor.rules.removal(visitor.rules.scoped(COOKIE), path=PATH))


def _decoded(value: str) -> Draft | None:
    try:
        return Draft.model_validate_json(base64.urlsafe_b64decode(value.encode("ascii")))
    except (ValueError, binascii.Error, ValidationError):
        return None
