"""What the checkout remembers between its pages: a cookie of the checkout's own, gone after an hour.

It belongs to one member: another who logs in on the same browser neither sees nor uses it (ADR 0020). It holds the
idempotency key of the order, so that a reload, a step back or a second tab are all the same intent.
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
KEPT_SECONDS = 3600
# Browsers keep 4096 bytes of a cookie.
_LONGEST = 3800


def _known_payment(payment: str) -> str:
    if payment not in PAYMENTS:
        raise ValueError("is no way to pay")
    return payment


class Draft(BaseModel):
    """An order that is being made."""

    model_config = ConfigDict(frozen=True)

    # The member (`sub`) whose order it is.
    owner: str
    address: Address
    payment: Annotated[str, AfterValidator(_known_payment)]
    # What the key stands for: this cart, as it was then. Another cart is another order. None until a cart was seen.
    cart_version: int | None = Field(ge=0, lt=2**63)
    # It goes into a header.
    key: str = Field(pattern=KEY_PATTERN)


def read_draft(visitor: Visitor) -> Draft | None:
    """Return the visitor's draft. One that cannot be read, or is another member's, is removed from the browser."""
    value = visitor.cookies.get(visitor.rules.scoped(COOKIE), "")
    draft = _decoded(value)
    if draft is not None and visitor.principal is not None and draft.owner == visitor.principal.subject:
        return draft
    if value:
        forget_draft(visitor)
    return None


def keep_draft(visitor: Visitor, draft: Draft) -> bool:
    """Remember `draft`, and say whether a browser can hold it."""
    value = base64.urlsafe_b64encode(draft.model_dump_json().encode()).decode()
    if len(value) > _LONGEST:
        return False
    name = visitor.rules.scoped(COOKIE)
    visitor.set_cookie(visitor.rules.line(name, value, KEPT_SECONDS, path=PATH, same_site="Strict"))
    return True


def forget_draft(visitor: Visitor) -> None:
    """Forget the draft."""
    visitor.set_cookie(visitor.rules.removal(visitor.rules.scoped(COOKIE), path=PATH))


def _decoded(value: str) -> Draft | None:
    try:
        return Draft.model_validate_json(base64.urlsafe_b64decode(value.encode("ascii")))
    except (ValueError, binascii.Error, ValidationError):
        return None
