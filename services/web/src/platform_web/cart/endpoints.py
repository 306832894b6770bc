"""`/cart`: show the cart, add items, change quantities, remove items."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_web.cart.count import cart_cookie
from platform_web.cart.merging import remove_cart_cookie
from platform_web.cart.rejected_quantity import INVALID, MAX_QUANTITY, UNAVAILABLE, RejectedQuantity
from platform_web.catalogue.endpoints import SLUG, product_page
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.clients.http import ServiceResponse
from platform_web.clients.shop import Cart
from platform_web.container import AnyVisitor, Container, ContainerDep
from platform_web.form_urls import redirect_get_to
from platform_web.rendering.catalogues import N_
from platform_web.rendering.messages import NOT_DONE, NOT_NOW, TOO_MANY_ATTEMPTS
from platform_web.rendering.pages import read_notice, redirect
from platform_web.visitor.forms import CheckedForm, Form
from platform_web.visitor.urls import with_notice
from platform_web.visitor.visitor import CART, Visitor

router = APIRouter(prefix="/cart")

UNAVAILABLE_QUANTITY = N_("Not enough in stock. Choose a smaller quantity.")
FULL = N_("Your cart is full. Remove a product before you add another.")
NOT_SOLD = N_("This product is no longer available.")
TOO_MANY_CARTS = N_("Too many carts were created from your network. Wait a few minutes, or log in.")
_MESSAGES = {"cart-full": FULL, "variant-not-found": NOT_SOLD, "too-many-carts": TOO_MANY_CARTS}


@router.get("")
async def show_cart(request: Request, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Show the cart."""
    return await _cart_page(container, visitor, notice=read_notice(request))


@router.post("/items")
async def add_to_cart(form: CheckedForm, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Add an item to the cart, once per form, and show the cart."""
    variant_id, quantity = _uuid(form["variant_id"]), _quantity(form, least=1)
    if variant_id is None:
        return await _cart_page(container, visitor, message=NOT_DONE, status=422)
    if quantity is None:
        return await _render_product_error(container, visitor, form, INVALID, 422)
    try:
        response = await container.shop.add_to_cart(
            visitor.request_context, cart_cookie(visitor), variant_id, quantity, form.key
        )
    except (ServiceUnavailable, ServiceError) as error:
        if error.code == UNAVAILABLE:
            return await _render_product_error(container, visitor, form, UNAVAILABLE, error.status)
        return await _render_cart_error(container, visitor, error)
    _relay_cart_cookie(visitor, response)
    return redirect(with_notice("/cart", "added"))


@router.post("/items/{variant_id}")
async def change_quantity(
    variant_id: UUID, form: CheckedForm, container: ContainerDep, visitor: AnyVisitor
) -> Response:
    """Set the quantity of an item; 0 removes it."""
    quantity = _quantity(form, least=0)
    typed = form["quantity"]
    if quantity is None:
        refused = RejectedQuantity.from_input(str(variant_id), typed, INVALID)
        return await _cart_page(container, visitor, refused=refused, status=422)
    try:
        response = await container.shop.set_quantity(
            visitor.request_context, cart_cookie(visitor), str(variant_id), quantity, form.key
        )
    except (ServiceUnavailable, ServiceError) as error:
        if error.code == UNAVAILABLE:
            refused = RejectedQuantity.from_input(str(variant_id), typed, UNAVAILABLE)
            return await _cart_page(container, visitor, refused=refused, status=error.status)
        return await _render_cart_error(container, visitor, error)
    _relay_cart_cookie(visitor, response)
    return redirect(with_notice("/cart", "cart-updated" if quantity else "removed"))


redirect_get_to(router, "/items", "/cart")
redirect_get_to(router, "/items/{variant_id}", "/cart")


async def read_cart(container: Container, visitor: Visitor) -> Cart:
    """Return the visitor's cart, after merging an anonymous cart into it. Raises ServiceUnavailable, ServiceError."""
    cart = await container.shop.cart(visitor.request_context, cart_cookie(visitor))
    if visitor.is_logged_in and visitor.cart_token:
        remove_cart_cookie(visitor)
    return cart


async def _cart_page(
    container: Container,
    visitor: Visitor,
    *,
    message: str | None = None,
    refused: RejectedQuantity | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    cart: Cart | None
    try:
        cart = await read_cart(container, visitor)
    except ServiceUnavailable:
        cart, status = None, 503
    content: dict[str, Any] = {"cart": cart, "message": message, "refused": refused, "most": MAX_QUANTITY}
    return container.pages.render(
        visitor,
        "cart/cart.html",
        content,
        status=status,
        notice=notice,
        cart_count=cart.item_count if cart else None,
        unavailable=frozenset() if cart else frozenset({"shop"}),
    )


async def _render_cart_error(
    container: Container, visitor: Visitor, error: ServiceUnavailable | ServiceError
) -> Response:
    if isinstance(error, ServiceUnavailable):
        return await _cart_page(container, visitor, message=NOT_NOW, status=503)
    message = _MESSAGES.get(error.code, TOO_MANY_ATTEMPTS if error.status == 429 else NOT_DONE)
    return await _cart_page(container, visitor, message=message, status=error.status)


async def _render_product_error(container: Container, visitor: Visitor, form: Form, code: str, status: int) -> Response:
    """Show the product again with the submitted quantity and the reason for the rejection."""
    slug = form["slug"]
    if not SLUG.fullmatch(slug):
        return await _cart_page(container, visitor, message=UNAVAILABLE_QUANTITY, status=status)
    # After switching the language, the visitor returns to the product's page.
    visitor.current_url = f"/products/{slug}"
    refused = RejectedQuantity.from_input(form["variant_id"], form["quantity"], code)
    return await product_page(container, visitor, slug, refused=refused, status=status)


def _relay_cart_cookie(visitor: Visitor, response: ServiceResponse) -> None:
    name = visitor.rules.host(CART)
    for line in response.set_cookies:
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
