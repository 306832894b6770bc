"""`/cart`: look into it, put something in, change how many, take something out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_web.cart.count import cart_cookie
from platform_web.cart.merging import forget_cart
from platform_web.cart.refused import INVALID, MAX_QUANTITY, UNAVAILABLE, RefusedQuantity
from platform_web.catalogue.endpoints import SLUG, product_page
from platform_web.clients.errors import PartAway, Refused
from platform_web.clients.http import Answer
from platform_web.clients.shop import Cart
from platform_web.form_addresses import redirect_get
from platform_web.parts import AnyVisitor, Parts, PartsOf
from platform_web.rendering.catalogues import N_
from platform_web.rendering.pages import notice_of, see_other
from platform_web.visitor.forms import CheckedForm, Form
from platform_web.visitor.places import with_notice
from platform_web.visitor.visitor import CART, Visitor

router = APIRouter(prefix="/cart")

UNAVAILABLE_QUANTITY = N_("That many are not available. Choose a smaller quantity.")
FULL = N_("Your cart is full. Remove a product before you add another.")
TOO_MANY = N_("Too many attempts. Wait a few minutes, then try again.")
GONE = N_("This is not sold any more.")
NOT_DONE = N_("That did not work. Look at the page again.")
TOO_MANY_CARTS = N_("Too many carts were opened from your network. Wait a few minutes, or log in.")
_REASONS = {"cart-full": FULL, "variant-not-found": GONE, "too-many-carts": TOO_MANY_CARTS}
NOT_NOW = N_("We cannot do that right now. Nothing was lost; try again in a moment.")


@router.get("")
async def show_cart(request: Request, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Show the cart."""
    return await _cart_page(parts, visitor, notice=notice_of(request))


@router.post("/items")
async def add_to_cart(form: CheckedForm, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Put something into the cart, once for one form, and show the cart."""
    variant_id, quantity = _uuid(form["variant_id"]), _quantity(form, least=1)
    if variant_id is None:
        return await _cart_page(parts, visitor, message=NOT_DONE, status=422)
    if quantity is None:
        return await _not_added(parts, visitor, form, INVALID, 422)
    try:
        answer = await parts.shop.add_to_cart(visitor.on_behalf, cart_cookie(visitor), variant_id, quantity, form.key)
    except (PartAway, Refused) as error:
        if error.code == UNAVAILABLE:
            return await _not_added(parts, visitor, form, UNAVAILABLE, error.status)
        return await _refused(parts, visitor, error)
    _relay_cart_cookie(visitor, answer)
    return see_other(with_notice("/cart", "added"))


@router.post("/items/{variant_id}")
async def change_quantity(variant_id: UUID, form: CheckedForm, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Set how many the cart holds; 0 takes it out."""
    quantity = _quantity(form, least=0)
    typed = form["quantity"]
    if quantity is None:
        refused = RefusedQuantity.of(str(variant_id), typed, INVALID)
        return await _cart_page(parts, visitor, refused=refused, status=422)
    try:
        answer = await parts.shop.set_quantity(
            visitor.on_behalf, cart_cookie(visitor), str(variant_id), quantity, form.key
        )
    except (PartAway, Refused) as error:
        if error.code == UNAVAILABLE:
            refused = RefusedQuantity.of(str(variant_id), typed, UNAVAILABLE)
            return await _cart_page(parts, visitor, refused=refused, status=error.status)
        return await _refused(parts, visitor, error)
    _relay_cart_cookie(visitor, answer)
    return see_other(with_notice("/cart", "cart-updated" if quantity else "removed"))


redirect_get(router, "/items", "/cart")
redirect_get(router, "/items/{variant_id}", "/cart")


async def read_cart(parts: Parts, visitor: Visitor) -> Cart:
    """Return the visitor's cart, with what an anonymous one still holds moved into it. Raises PartAway, Refused."""
    cart = await parts.shop.cart(visitor.on_behalf, cart_cookie(visitor))
    if visitor.is_known and visitor.cart_token:
        forget_cart(visitor)
    return cart


async def _cart_page(
    parts: Parts,
    visitor: Visitor,
    *,
    message: str | None = None,
    refused: RefusedQuantity | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    cart: Cart | None
    try:
        cart = await read_cart(parts, visitor)
    except PartAway:
        cart, status = None, 503
    content: dict[str, Any] = {"cart": cart, "message": message, "refused": refused, "most": MAX_QUANTITY}
    return parts.pages.show(
        visitor,
        "cart/cart.html",
        content,
        status=status,
        notice=notice,
        cart_count=cart.item_count if cart else None,
        away=frozenset() if cart else frozenset({"shop"}),
    )


async def _refused(parts: Parts, visitor: Visitor, error: PartAway | Refused) -> Response:
    if isinstance(error, PartAway):
        return await _cart_page(parts, visitor, message=NOT_NOW, status=503)
    message = _REASONS.get(error.code, TOO_MANY if error.status == 429 else NOT_DONE)
    return await _cart_page(parts, visitor, message=message, status=error.status)


async def _not_added(parts: Parts, visitor: Visitor, form: Form, code: str, status: int) -> Response:
    """Show the product again, with what was typed and why it was refused."""
    slug = form["slug"]
    if not SLUG.fullmatch(slug):
        return await _cart_page(parts, visitor, message=UNAVAILABLE_QUANTITY, status=status)
    # A switch of language leads back to the product, whose page this is.
    visitor.here = f"/products/{slug}"
    refused = RefusedQuantity.of(form["variant_id"], form["quantity"], code)
    return await product_page(parts, visitor, slug, refused=refused, status=status)


def _relay_cart_cookie(visitor: Visitor, answer: Answer) -> None:
    name = visitor.rules.host(CART)
    for line in answer.set_cookies:
        if line.startswith(f"{name}="):
            visitor.set_cookie(line)


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _quantity(form: Form, *, least: int) -> int | None:
    quantity = form.number("quantity", digits=3)
    return quantity if quantity is not None and least <= quantity <= MAX_QUANTITY else None
