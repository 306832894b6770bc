"""`/checkout`: address and payment, review, place."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_web.cart.endpoints import read_cart
from platform_web.checkout.address_form import (
    COUNTRIES,
    DEFAULT_PAYMENT,
    FIELDS,
    OWNER,
    PAYMENTS,
    AddressForm,
    address_of,
    token_holder,
)
from platform_web.checkout.draft import Draft, forget_draft, keep_draft, read_draft
from platform_web.clients.errors import PartAway, Refused
from platform_web.clients.http import encode
from platform_web.clients.shop import Address, Cart, Money
from platform_web.form_addresses import redirect_get
from platform_web.parts import AnyVisitor, KnownVisitor, LogInNeeded, MemberForm, Parts, PartsOf
from platform_web.rendering.catalogues import N_
from platform_web.rendering.form_errors import field_errors, field_message
from platform_web.rendering.pages import notice_of, see_other
from platform_web.visitor.form_token import token_for
from platform_web.visitor.forms import Form, new_key
from platform_web.visitor.places import with_notice
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/checkout")

REVIEW = "/checkout/review"

UNKNOWN_OUTCOME = N_(
    "The shop did not answer, so we do not know whether the order is placed. Send it again: it is placed only once."
)
_REFUSALS = {
    "out-of-stock": N_("Something in your cart has just been sold out. Look at your cart again."),
    "price-changed": N_("A price has changed meanwhile. Look at the new total, then order."),
    "too-many-unpaid-orders": N_("There are too many unpaid orders. Pay or cancel one first, or order fewer items."),
    "cart-changed": N_("Your cart has changed meanwhile. Look at it again, then order."),
}
NOT_DONE = N_("That did not work. Look at the page again.")


@router.get("")
async def address_page(request: Request, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Ask where the order goes and how it is paid."""
    cart = await _cart(parts, visitor)
    if not cart.items:
        return see_other("/cart")
    draft = read_draft(visitor)
    fields = draft.address.model_dump() if draft else {"country": COUNTRIES[0]}
    payment = draft.payment if draft else DEFAULT_PAYMENT
    return _address_form(parts, visitor, cart, fields, payment, {}, notice=notice_of(request))


@router.post("")
async def keep_address(form: AddressForm, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Keep both for the review; without a session any more, for after the log-in. Raises LogInNeeded, PartAway."""
    address, errors = address_of(form)
    draft = _draft(form, address)
    if not visitor.is_known:
        keep_draft(visitor, draft)
        raise PartAway("auth") if visitor.session_unsure else LogInNeeded
    cart = await _cart(parts, visitor)
    if not errors:
        draft = draft.model_copy(update={"cart_version": cart.version})
        if _same_intent(read_draft(visitor), draft) or keep_draft(visitor, draft):
            return see_other(REVIEW)
        errors = {"line1": field_message("line2")}
    fields = {name: form[name] for name in FIELDS}
    return _address_form(parts, visitor, cart, fields, form["payment"], errors, 422)


@router.get("/review")
async def review_page(parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Show the whole order before it is placed."""
    draft = read_draft(visitor)
    if draft is None:
        return see_other("/checkout")
    cart = await _cart(parts, visitor)
    if not cart.items:
        # It was placed, and the answer was lost; or another tab has emptied the cart.
        forget_draft(visitor)
        return see_other("/orders")
    if cart.version != draft.cart_version:
        draft = _anew(visitor, draft, cart)
    return _review(parts, visitor, draft, cart)


@router.post("/place")
async def place_order(form: MemberForm, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Place the order, once however often this is sent, and show it."""
    draft = read_draft(visitor)
    amount = form.number("amount", digits=15)
    if draft is None or amount is None:
        return see_other("/checkout")
    if form["key"] != draft.key:
        # The page is older than what was kept in another tab: it is looked at again first.
        return see_other(REVIEW)
    total = Money(amount=amount, currency=form["currency"][:3])
    try:
        order = await parts.shop.place_order(visitor.on_behalf, order_body(draft, total), draft.key)
    except PartAway:
        return await _review_again(parts, visitor, draft, UNKNOWN_OUTCOME, 503)
    except Refused as refused:
        return await _not_placed(parts, visitor, draft, refused)
    forget_draft(visitor)
    return see_other(with_notice(f"/orders/{order.id}", "placed"))


@router.get("/done/{order_id}")
async def done(order_id: UUID, visitor: KnownVisitor) -> Response:
    """Forget the draft of an order that a script has placed, and show the order."""
    forget_draft(visitor)
    return see_other(with_notice(f"/orders/{order_id}", "placed"))


redirect_get(router, "/place", REVIEW)


def order_body(draft: Draft, total: Money) -> dict[str, Any]:
    """Return the request that places the order: the same whether a form or a script sends it."""
    return {
        "address": draft.address.model_dump(),
        "payment": {"method": "test", "token": draft.payment},
        "expected_total": total.model_dump(),
        "cart_version": draft.cart_version,
    }


def _draft(form: Form, address: Address) -> Draft:
    payment = form["payment"] if form["payment"] in PAYMENTS else DEFAULT_PAYMENT
    return Draft(owner=form[OWNER], address=address, payment=payment, cart_version=None, key=new_key())


def _same_intent(before: Draft | None, now: Draft) -> bool:
    return before is not None and before.model_copy(update={"key": now.key}) == now


def _anew(visitor: Visitor, draft: Draft, cart: Cart) -> Draft:
    """Return the draft for the cart as it is now: another order, under another key."""
    anew = draft.model_copy(update={"cart_version": cart.version, "key": new_key()})
    keep_draft(visitor, anew)
    return anew


async def _not_placed(parts: Parts, visitor: Visitor, draft: Draft, refused: Refused) -> Response:
    if refused.status == 401:
        raise LogInNeeded from None
    if refused.code in {"cart-empty", "idempotency-key-reused"}:
        # Another tab has placed this order, or taken everything out.
        forget_draft(visitor)
        return see_other("/orders")
    if refused.status == 422:
        errors = field_errors(refused)
        if errors.keys() & set(FIELDS):
            cart = await _cart(parts, visitor)
            return _address_form(parts, visitor, cart, draft.address.model_dump(), draft.payment, errors, 422)
    return await _review_again(parts, visitor, draft, _REFUSALS.get(refused.code, NOT_DONE), refused.status, anew=True)


async def _cart(parts: Parts, visitor: Visitor) -> Cart:
    """Return the member's cart. Raises LogInNeeded, PartAway."""
    try:
        return await read_cart(parts, visitor)
    except Refused as refused:
        if refused.status == 401:
            raise LogInNeeded from None
        raise


async def _review_again(
    parts: Parts, visitor: Visitor, draft: Draft, message: str, status: int, *, anew: bool = False
) -> Response:
    """Show the review with what came in the way; `anew` where nothing was done, so that what comes next is another."""
    cart: Cart | None
    try:
        cart = await _cart(parts, visitor)
    except PartAway:
        cart = None
    if cart is not None and anew:
        draft = _anew(visitor, draft, cart)
    return _review(parts, visitor, draft, cart, message, status)


def _review(
    parts: Parts, visitor: Visitor, draft: Draft, cart: Cart | None, message: str | None = None, status: int = 200
) -> Response:
    content = {
        "cart": cart,
        "draft": draft,
        "payment": PAYMENTS[draft.payment],
        "body": encode(order_body(draft, cart.total)).decode() if cart else "",
        "message": message,
    }
    return parts.pages.show(
        visitor, "checkout/review.html", content, status=status, cart_count=cart.item_count if cart else None
    )


def _address_form(
    parts: Parts,
    visitor: Visitor,
    cart: Cart,
    fields: dict[str, str],
    payment: str,
    errors: dict[str, str],
    status: int = 200,
    *,
    notice: str | None = None,
) -> Response:
    owner = visitor.principal.subject if visitor.principal else ""
    content = {
        "owner": owner,
        "form_token": token_for(visitor.form_secret, token_holder(owner)),
        "cart": cart,
        "fields": fields,
        "payment": payment,
        "payments": PAYMENTS,
        "countries": COUNTRIES,
        "errors": errors,
    }
    return parts.pages.show(
        visitor, "checkout/address.html", content, status=status, notice=notice, cart_count=cart.item_count
    )
