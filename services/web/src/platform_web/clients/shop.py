"""The shop, as pages use it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from platform_web.clients.http import Answer, OnBehalfOf, ServiceClient


class Money(BaseModel):
    """An amount in minor units of its currency."""

    amount: int
    currency: str


class Category(BaseModel):
    """A category."""

    slug: str
    name: str


class CategoryFacet(Category):
    """A category, and how many products of the search are in it."""

    count: int


class PriceFacet(BaseModel):
    """The lowest and the highest price of the search, where it found something."""

    min: Money | None
    max: Money | None


class StockFacet(BaseModel):
    """How many products of the search are in stock."""

    count: int


class Facets(BaseModel):
    """By what a search can be narrowed."""

    categories: list[CategoryFacet]
    price: PriceFacet
    in_stock: StockFacet


class ProductCard(BaseModel):
    """A product in a list."""

    id: str
    slug: str
    name: str
    summary: str
    category: Category
    price: Money
    picture: str
    in_stock: bool


class ProductPage(BaseModel):
    """One page of a search."""

    items: list[ProductCard]
    next: str | None
    total_estimate: int | None = None
    facets: Facets


class Variant(BaseModel):
    """What can be put into a cart; `available` is capped."""

    id: str
    sku: str
    name: str
    price: Money
    available: int
    in_stock: bool


class Product(ProductCard):
    """A product with everything about it."""

    description: str
    variants: list[Variant]
    updated_at: datetime


class CartProduct(BaseModel):
    """The product of a cart's line."""

    slug: str
    name: str
    picture: str


class CartLine(BaseModel):
    """A line of a cart."""

    variant_id: str
    product: CartProduct
    variant_name: str
    unit_price: Money
    quantity: int
    line_total: Money
    available: int
    in_stock: bool


class Cart(BaseModel):
    """A cart; its `version` grows with each change."""

    items: list[CartLine]
    item_count: int
    total: Money
    version: int
    owner: str


class Address(BaseModel):
    """Where an order goes."""

    recipient: str
    phone: str
    postal_code: str
    line1: str
    line2: str = ""
    city: str
    country: str


class OrderLine(BaseModel):
    """A line of an order, as it was bought."""

    variant_id: str
    product_name: str
    variant_name: str
    unit_price: Money
    quantity: int
    line_total: Money
    product_slug: str | None = None


class Payment(BaseModel):
    """The latest attempt to pay an order; with the reason when it failed."""

    method: str
    state: str
    failure_reason: str | None = None


State = Literal["pending", "paid", "shipped", "delivered", "cancelled"]


class TimelineEntry(BaseModel):
    """When an order came into a state."""

    state: State
    at: datetime


class Order(BaseModel):
    """An order; without an address once its member is deleted."""

    id: str
    number: str
    state: State
    items: list[OrderLine]
    total: Money
    address: Address | None = None
    payment: Payment
    # Whether the payment failed and another attempt may be made, and until when.
    payable: bool = False
    pay_by: datetime | None = None
    timeline: list[TimelineEntry]
    created_at: datetime
    updated_at: datetime
    version: int


class OrderPage(BaseModel):
    """One page of orders, newest first."""

    items: list[Order]
    next: str | None


class Shop:
    """Calls shop. Every method raises PartAway and Refused."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def products(self, visitor: OnBehalfOf, query: dict[str, str]) -> ProductPage:
        """Search the catalogue."""
        answer = await self._client.get("/api/shop/products", visitor, {**query, "lang": visitor.locale})
        return answer.parse(ProductPage)

    async def product(self, visitor: OnBehalfOf, slug: str) -> Product:
        """Return one product."""
        answer = await self._client.get(f"/api/shop/products/{slug}", visitor, {"lang": visitor.locale})
        return answer.parse(Product)

    async def cart(self, visitor: OnBehalfOf, cookie: str | None) -> Cart:
        """Return the visitor's cart: the member's, or the one that `cookie` (a `Cookie` header) names.

        A member's takes over what the one of the cookie holds; doing that twice doubles nothing.
        """
        answer = await self._client.get("/api/shop/cart", visitor, {"lang": visitor.locale}, _cookie(cookie))
        return answer.parse(Cart)

    async def add_to_cart(
        self, visitor: OnBehalfOf, cookie: str | None, variant_id: str, quantity: int, key: str
    ) -> Answer:
        """Put something into the cart; the answer may set a cookie."""
        body = {"variant_id": variant_id, "quantity": quantity}
        return await self._client.send("POST", "/api/shop/cart/items", visitor, body, key=key, headers=_cookie(cookie))

    async def set_quantity(
        self, visitor: OnBehalfOf, cookie: str | None, variant_id: str, quantity: int, key: str
    ) -> Answer:
        """Set how many of something the cart holds; 0 takes it out."""
        path = f"/api/shop/cart/items/{variant_id}"
        return await self._client.send("PUT", path, visitor, {"quantity": quantity}, key=key, headers=_cookie(cookie))

    async def place_order(self, visitor: OnBehalfOf, body: dict[str, Any], key: str) -> Order:
        """Order what the cart holds, at most once under `key`."""
        return (await self._client.send("POST", "/api/shop/orders", visitor, body, key=key)).parse(Order)

    async def orders(self, visitor: OnBehalfOf, query: dict[str, str]) -> OrderPage:
        """Return orders: the visitor's own, or all of them for an administrator who asks so."""
        return (await self._client.get("/api/shop/orders", visitor, query)).parse(OrderPage)

    async def order(self, visitor: OnBehalfOf, order_id: str) -> Order:
        """Return one order."""
        return (await self._client.get(f"/api/shop/orders/{order_id}", visitor)).parse(Order)

    async def cancel_order(self, visitor: OnBehalfOf, order_id: str, key: str) -> None:
        """Cancel an order that has not been shipped."""
        await self._client.send("POST", f"/api/shop/orders/{order_id}/cancel", visitor, key=key)

    async def pay_order(self, visitor: OnBehalfOf, order_id: str, token: str, key: str) -> None:
        """Pay an order again after its payment failed."""
        body = {"method": "test", "token": token}
        await self._client.send("POST", f"/api/shop/orders/{order_id}/payment", visitor, body, key=key)

    async def restore_cart(self, visitor: OnBehalfOf, order_id: str, key: str) -> None:
        """Put the items of an order into the cart again, as far as they are still sold."""
        await self._client.send("POST", f"/api/shop/orders/{order_id}/cart", visitor, key=key)

    async def move_order(self, visitor: OnBehalfOf, order_id: str, state: str, key: str) -> None:
        """Say that an order was shipped or delivered, as an administrator."""
        await self._client.send("PATCH", f"/api/shop/orders/{order_id}", visitor, {"state": state}, key=key)


def _cookie(line: str | None) -> dict[str, str]:
    return {"Cookie": line} if line else {}
