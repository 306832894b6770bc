"""Client for shop: catalogue, carts, orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from platform_web.clients.http import RequestContext, ServiceClient, ServiceResponse


class Money(BaseModel):
    """An amount in minor units of its currency."""

    amount: int
    currency: str


class Category(BaseModel):
    """A category."""

    slug: str
    name: str


class CategoryFacet(Category):
    """A category with its number of matching products."""

    count: int


class PriceFacet(BaseModel):
    """The lowest and the highest price of the matching products."""

    min: Money | None
    max: Money | None


class StockFacet(BaseModel):
    """The number of matching products in stock."""

    count: int


class Facets(BaseModel):
    """Facets of a search."""

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
    """A variant of a product; `available` is capped."""

    id: str
    sku: str
    name: str
    price: Money
    available: int
    in_stock: bool


class Product(ProductCard):
    """A product with all details."""

    description: str
    variants: list[Variant]
    updated_at: datetime


class CartProduct(BaseModel):
    """The product of a cart line."""

    slug: str
    name: str
    picture: str


class CartLine(BaseModel):
    """A cart line."""

    variant_id: str
    product: CartProduct
    variant_name: str
    unit_price: Money
    quantity: int
    line_total: Money
    available: int
    in_stock: bool


class Cart(BaseModel):
    """A cart; each change increments its `version`."""

    items: list[CartLine]
    item_count: int
    total: Money
    version: int
    owner: str


class Address(BaseModel):
    """A delivery address."""

    recipient: str
    phone: str
    postal_code: str
    line1: str
    line2: str = ""
    city: str
    country: str


class OrderLine(BaseModel):
    """An order line at the time of the purchase."""

    variant_id: str
    product_name: str
    variant_name: str
    unit_price: Money
    quantity: int
    line_total: Money
    product_slug: str | None = None


class Payment(BaseModel):
    """The latest payment of an order, with the reason if it failed."""

    method: str
    state: str
    failure_reason: str | None = None


State = Literal["pending", "paid", "shipped", "delivered", "cancelled"]


class TimelineEntry(BaseModel):
    """The time at which an order entered a state."""

    state: State
    at: datetime


class Order(BaseModel):
    """An order; the address is removed with its member."""

    id: str
    number: str
    state: State
    items: list[OrderLine]
    total: Money
    address: Address | None = None
    payment: Payment
    # Whether another payment attempt is possible, and until when.
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
    """Calls shop. Methods raise ServiceUnavailable and ServiceError."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def products(self, visitor: RequestContext, query: dict[str, str]) -> ProductPage:
        """Search the catalogue."""
        response = await self._client.get("/api/shop/products", visitor, {**query, "lang": visitor.locale})
        return response.parse(ProductPage)

    async def product(self, visitor: RequestContext, slug: str) -> Product:
        """Return one product."""
        response = await self._client.get(f"/api/shop/products/{slug}", visitor, {"lang": visitor.locale})
        return response.parse(Product)

    async def cart(self, visitor: RequestContext, cookie: str | None) -> Cart:
        """Return the member's cart, or the anonymous cart named by `cookie` (a `Cookie` header).

        For a member, shop merges the anonymous cart into the member's cart (idempotent).
        """
        response = await self._client.get("/api/shop/cart", visitor, {"lang": visitor.locale}, _cookie(cookie))
        return response.parse(Cart)

    async def add_to_cart(
        self, visitor: RequestContext, cookie: str | None, variant_id: str, quantity: int, key: str
    ) -> ServiceResponse:
        """Add an item to the cart; the response may set a cookie."""
        body = {"variant_id": variant_id, "quantity": quantity}
        return await self._client.send("POST", "/api/shop/cart/items", visitor, body, key=key, headers=_cookie(cookie))

    async def set_quantity(
        self, visitor: RequestContext, cookie: str | None, variant_id: str, quantity: int, key: str
    ) -> ServiceResponse:
        """Set the quantity of an item; 0 removes it."""
        path = f"/api/shop/cart/items/{variant_id}"
        return await self._client.send("PUT", path, visitor, {"quantity": quantity}, key=key, headers=_cookie(cookie))

    async def place_order(self, visitor: RequestContext, body: dict[str, Any], key: str) -> Order:
        """Place an order for the cart, at most once per `key`."""
        return (await self._client.send("POST", "/api/shop/orders", visitor, body, key=key)).parse(Order)

    async def orders(self, visitor: RequestContext, query: dict[str, str]) -> OrderPage:
        """Return the visitor's orders, or all orders for an administrator (`scope=all`)."""
        return (await self._client.get("/api/shop/orders", visitor, query)).parse(OrderPage)

    async def order(self, visitor: RequestContext, order_id: str) -> Order:
        """Return one order."""
        return (await self._client.get(f"/api/shop/orders/{order_id}", visitor)).parse(Order)

    async def cancel_order(self, visitor: RequestContext, order_id: str, key: str) -> None:
        """Cancel an order before it is shipped."""
        await self._client.send("POST", f"/api/shop/orders/{order_id}/cancel", visitor, key=key)

    async def pay_order(self, visitor: RequestContext, order_id: str, token: str, key: str) -> None:
        """Start another payment after one failed."""
        body = {"method": "test", "token": token}
        await self._client.send("POST", f"/api/shop/orders/{order_id}/payment", visitor, body, key=key)

    async def restore_cart(self, visitor: RequestContext, order_id: str, key: str) -> None:
        """Add the items of an order to the cart, as far as they are still sold."""
        await self._client.send("POST", f"/api/shop/orders/{order_id}/cart", visitor, key=key)

    async def set_order_state(self, visitor: RequestContext, order_id: str, state: str, key: str) -> None:
        """Mark an order as shipped or delivered, as an administrator."""
        await self._client.send("PATCH", f"/api/shop/orders/{order_id}", visitor, {"state": state}, key=key)


def _cookie(line: str | None) -> dict[str, str]:
    return {"Cookie": line} if line else {}
