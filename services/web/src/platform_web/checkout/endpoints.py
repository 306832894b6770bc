"""`/checkout`: address and payment method, review, place the order."""

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
from platform_web.checkout.draft import Draft, read_draft, remove_draft, save_draft
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.clients.http import encode
from platform_web.clients.shop import Address, Cart, Money
from platform_web.container import (
    AnyVisitor,
    Container,
    ContainerDep,
    LoggedInVisitor,
    LoginRequired,
    MemberForm,
    raise_if_logged_out,
)
from platform_web.form_urls import redirect_get_to
from platform_web.rendering.catalogues import N_
from platform_web.rendering.form_errors import field_errors, field_message
from platform_web.rendering.messages import NOT_DONE
from platform_web.rendering.pages import read_notice, redirect
from platform_web.visitor.form_token import token_for
from platform_web.visitor.forms import Form, new_key
from platform_web.visitor.urls import with_notice
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/checkout")

REVIEW = "/checkout/review"

UNKNOWN_OUTCOME = N_(
    "The shop did not respond, so we do not know whether your order was placed. "
    "Place it again: it will be placed only once."
)
_REJECTIONS = {
    "out-of-stock": N_("Some items in your cart are out of stock. Check your cart."),
    "price-changed": N_("A price has changed. Check the new total before you order."),
    "too-many-unpaid-orders": N_("You have too many unpaid orders. Pay or cancel one first, or order fewer items."),
    "cart-changed": N_("Your cart has changed. Check it before you order."),
}


@router.get("")
async def address_page(request: Request, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Show the form for delivery address and payment method."""
    cart = await _cart(container, visitor)
    if not cart.items:
        return redirect("/cart")
    draft = read_draft(visitor)
    fields = draft.address.model_dump() if draft else {"country": COUNTRIES[0]}
    payment = draft.payment if draft else DEFAULT_PAYMENT
    return _address_form(container, visitor, cart, fields, payment, {}, notice=read_notice(request))


@router.post("")
async def save_address(form: AddressForm, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Store the draft; without a session, it is used after the log-in. Raises LoginRequired, ServiceUnavailable."""
    address, errors = address_of(form)
    draft = _draft(form, address)
    if not visitor.is_logged_in:
        save_draft(visitor, draft)
        raise ServiceUnavailable("auth") if visitor.session_unknown else LoginRequired
    cart = await _cart(container, visitor)
    if not errors:
        draft = draft.model_copy(update={"cart_version": cart.version})
        if _same_intent(read_draft(visitor), draft) or save_draft(visitor, draft):
            return redirect(REVIEW)
        errors = {"line1": field_message("line2")}
    fields = {name: form[name] for name in FIELDS}
    return _address_form(container, visitor, cart, fields, form["payment"], errors, 422)


@router.get("/review")
async def review_page(container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Show the order for review."""
    draft = read_draft(visitor)
    if draft is None:
        return redirect("/checkout")
    cart = await _cart(container, visitor)
    if not cart.items:
        # The order was placed and its response lost, or another tab has emptied the cart.
        remove_draft(visitor)
        return redirect("/orders")
    if cart.version != draft.cart_version:
        draft = _rekey_draft(visitor, draft, cart)
    return _render_review(container, visitor, draft, cart)


@router.post("/place")
async def place_order(form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Place the order (idempotent) and show it."""
    draft = read_draft(visitor)
    amount = form.number("amount", digits=15)
    if draft is None or amount is None:
        return redirect("/checkout")
    if form["key"] != draft.key:
        # Another tab has stored a newer draft: show it for review first.
        return redirect(REVIEW)
    total = Money(amount=amount, currency=form["currency"][:3])
    try:
        order = await container.shop.place_order(visitor.request_context, order_body(draft, total), draft.key)
    except ServiceUnavailable:
        return await _render_review_error(container, visitor, draft, UNKNOWN_OUTCOME, 503)
    except ServiceError as error:
        return await _handle_rejection(container, visitor, draft, error)
    remove_draft(visitor)
    return redirect(with_notice(f"/orders/{order.id}", "placed"))


@router.get("/done/{order_id}")
async def done(order_id: UUID, visitor: LoggedInVisitor) -> Response:
    """Remove the draft of an order that a script has placed, and show the order."""
    remove_draft(visitor)
    return redirect(with_notice(f"/orders/{order_id}", "placed"))


redirect_get_to(router, "/place", REVIEW)


def order_body(draft: Draft, total: Money) -> dict[str, Any]:
    """Return the request body that places the order, identical for forms and scripts."""
    return {
        "address": draft.address.model_dump(),
        "payment": {"method": "test", "token": draft.payment},
        "expected_total": total.model_dump(),
        "cart_version": draft.cart_version,
    }


def _draft(form: Form, address: Address) -> Draft:
    payment = form["payment"] if form["payment"] in PAYMENTS else DEFAULT_PAYMENT
    return Draft(owner=form[OWNER], address=address, payment=payment, cart_version=None, key=new_key())


def _same_intent(stored: Draft | None, new: Draft) -> bool:
    return stored is not None and stored.model_copy(update={"key": new.key}) == new


def _rekey_draft(visitor: Visitor, draft: Draft, cart: Cart) -> Draft:
    """Return the draft for the current cart under a new key: it is another order."""
    rekeyed = draft.model_copy(update={"cart_version": cart.version, "key": new_key()})
    save_draft(visitor, rekeyed)
    return rekeyed


async def _handle_rejection(container: Container, visitor: Visitor, draft: Draft, error: ServiceError) -> Response:
    raise_if_logged_out(error)
    if error.code in {"cart-empty", "idempotency-key-reused"}:
        # Another tab has placed this order or emptied the cart.
        remove_draft(visitor)
        return redirect("/orders")
    if error.status == 422:
        errors = field_errors(error)
        if errors.keys() & set(FIELDS):
            cart = await _cart(container, visitor)
            return _address_form(container, visitor, cart, draft.address.model_dump(), draft.payment, errors, 422)
    return await _render_review_error(
        container, visitor, draft, _REJECTIONS.get(error.code, NOT_DONE), error.status, rekey=True
    )


async def _cart(container: Container, visitor: Visitor) -> Cart:
    """Return the member's cart. Raises LoginRequired, ServiceUnavailable."""
    try:
        return await read_cart(container, visitor)
    except ServiceError as error:
        raise_if_logged_out(error)
        raise


async def _render_review_error(
    container: Container, visitor: Visitor, draft: Draft, message: str, status: int, *, rekey: bool = False
) -> Response:
    """Show the review with an error; `rekey` if no order was placed, so that the next attempt has a new key."""
    cart: Cart | None
    try:
        cart = await _cart(container, visitor)
    except ServiceUnavailable:
        cart = None
    if cart is not None and rekey:
        draft = _rekey_draft(visitor, draft, cart)
    return _render_review(container, visitor, draft, cart, message, status)


def _render_review(
    container: Container,
    visitor: Visitor,
    draft: Draft,
    cart: Cart | None,
    message: str | None = None,
    status: int = 200,
) -> Response:
    content = {
        "cart": cart,
        "draft": draft,
        "payment": PAYMENTS[draft.payment],
        "body": encode(order_body(draft, cart.total)).decode() if cart else "",
        "message": message,
    }
    return container.pages.render(
        visitor, "checkout/review.html", content, status=status, cart_count=cart.item_count if cart else None
    )


def _address_form(
    container: Container,
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
    return container.pages.render(
        visitor, "checkout/address.html", content, status=status, notice=notice, cart_count=cart.item_count
    )
