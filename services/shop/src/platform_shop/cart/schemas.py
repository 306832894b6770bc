"""Request and response bodies of carts."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from platform_common.payload import Payload, Uuid, with_example
from platform_shop.cart.models import MAX_QUANTITY
from platform_shop.money import Money


class Addition(Payload):
    """So many more of a variant."""

    model_config = with_example({"variant_id": "0198f0a1-c2d3-7e5f-8a6b-4c7d8e9f0a1b", "quantity": 2})

    variant_id: Uuid
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)] = 1


class QuantityChange(Payload):
    """The new quantity of a variant; 0 removes it."""

    model_config = with_example({"quantity": 3})

    quantity: Annotated[int, Field(ge=0, le=MAX_QUANTITY)]


class CartProduct(BaseModel):
    """The product of a line."""

    slug: str
    name: str
    picture: str


class CartLineView(BaseModel):
    """A line. `in_stock` is whether the whole quantity is available; `available` is capped: 10 means ten or more."""

    variant_id: UUID
    product: CartProduct
    variant_name: str
    unit_price: Money
    quantity: int
    line_total: Money
    available: int
    in_stock: bool


class CartView(BaseModel):
    """A cart. `item_count` counts pieces; orders send `version`, so that the buyer gets what was displayed."""

    items: list[CartLineView]
    item_count: int
    total: Money
    version: int
    owner: Literal["anonymous", "member"]
