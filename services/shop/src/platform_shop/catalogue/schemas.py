"""Responses of the catalogue, in one language."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from platform_shop.money import Money


class CategoryView(BaseModel):
    """A category."""

    slug: str
    name: str


class ProductSummary(BaseModel):
    """A product in a list. `price` is the least of its variants'."""

    id: UUID
    slug: str
    name: str
    summary: str
    category: CategoryView
    price: Money
    picture: str
    in_stock: bool


class VariantView(BaseModel):
    """A variant. `available` is how many pieces are left; 10 means ten or more (ADR 0017)."""

    id: UUID
    sku: str
    name: str
    price: Money
    available: int
    in_stock: bool


class ProductView(ProductSummary):
    """A product in full."""

    description: str
    variants: list[VariantView]
    updated_at: datetime


class CategoryCount(CategoryView):
    """How many products of a category the other filters leave."""

    count: int


class PriceRange(BaseModel):
    """The least and the highest price that the other filters leave; null when they leave nothing."""

    min: Money | None
    max: Money | None


class StockCount(BaseModel):
    """How many products in stock the other filters leave."""

    count: int


class Facets(BaseModel):
    """What each filter would find, the others staying as they are."""

    categories: list[CategoryCount]
    price: PriceRange
    in_stock: StockCount


class ProductPage(BaseModel):
    """One page of products; `next` leads to the following one."""

    items: list[ProductSummary]
    next: str | None
    total_estimate: int
    facets: Facets
