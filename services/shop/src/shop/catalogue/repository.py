"""Statements on products. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, Select, and_, exists, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from shop.catalogue.models import Category, Product, Variant
from shop.catalogue.pages import Filters, Place, Sort
from shop.catalogue.search import match

IN_STOCK = exists().where(Variant.product_id == Product.id, Variant.stock > 0).correlate(Product)


@dataclass(frozen=True)
class Found:
    """A product of a list, and what it is sorted by."""

    product: Product
    in_stock: bool
    value: int


@dataclass(frozen=True)
class Counted:
    """What the filters leave in one category: alone for itself, and what the other filters would find there."""

    category: Category
    count: int
    counted_here: int
    min_price: int | None
    max_price: int | None
    in_stock: int


async def page(session: AsyncSession, filters: Filters, sort: Sort, *, after: Place | None, limit: int) -> list[Found]:
    """Return up to `limit` products that follow `after`."""
    value, ascending = _sorted_by(filters, sort)
    statement: Select[Product, bool, int] = (
        select(Product, IN_STOCK.label("in_stock"), value.label("value"))
        .join(Product.category)
        .options(contains_eager(Product.category))
        .where(*_conditions(filters))
        .limit(limit)
    )
    if ascending:
        statement = statement.order_by(value, Product.id)
        if after is not None:
            further = or_(value > after.value, and_(value == after.value, Product.id > after.id))
            # The first condition alone is what an index can begin at.
            statement = statement.where(value >= after.value, further)
    else:
        statement = statement.order_by(value.desc(), Product.id.desc())
        if after is not None:
            further = or_(value < after.value, and_(value == after.value, Product.id < after.id))
            statement = statement.where(value <= after.value, further)
    rows = (await session.execute(statement)).all()
    return [Found(product, in_stock, found_value) for product, in_stock, found_value in rows]


async def counts(session: AsyncSession, filters: Filters) -> list[Counted]:
    """Return what every category holds, in the shop's order of them."""
    searched = match(filters.q).condition if filters.q else true()
    here = _of_category(filters)
    priced, stocked = _of_price(filters), IN_STOCK if filters.in_stock else true()
    statement = (
        select(
            Category,
            func.count(Product.id).filter(priced, stocked),
            func.count(Product.id).filter(priced, stocked, here),
            func.min(Product.price).filter(stocked, here),
            func.max(Product.price).filter(stocked, here),
            func.count(Product.id).filter(priced, IN_STOCK, here),
        )
        .outerjoin(Product, and_(Product.category_id == Category.id, searched))
        .group_by(Category.id)
        .order_by(Category.position, Category.id)
    )
    return [Counted(*row) for row in (await session.execute(statement)).all()]


async def find(session: AsyncSession, slug: str) -> Product | None:
    """Return a product with its category and variants."""
    statement = (
        select(Product)
        .join(Product.category)
        .options(contains_eager(Product.category), selectinload(Product.variants))
        .where(Product.slug == slug)
    )
    return (await session.execute(statement)).scalar_one_or_none()


def _conditions(filters: Filters) -> Sequence[ColumnElement[bool]]:
    conditions = [_of_category(filters), _of_price(filters)]
    if filters.q:
        conditions.append(match(filters.q).condition)
    if filters.in_stock:
        conditions.append(IN_STOCK)
    return conditions


def _of_category(filters: Filters) -> ColumnElement[bool]:
    return Category.slug == filters.category if filters.category is not None else true()


def _of_price(filters: Filters) -> ColumnElement[bool]:
    bounds: list[ColumnElement[bool]] = []
    if filters.min_price is not None:
        bounds.append(Product.price >= filters.min_price)
    if filters.max_price is not None:
        bounds.append(Product.price <= filters.max_price)
    return and_(true(), *bounds)


def _sorted_by(filters: Filters, sort: Sort) -> tuple[ColumnElement[int], bool]:
    """Return the value to sort by, and whether it rises; ids of the same value come in the same direction."""
    if sort is Sort.RELEVANCE and filters.q:
        return match(filters.q).score, False
    if sort in {Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING}:
        return Product.price.expression, sort is Sort.PRICE_ASCENDING
    # Ids sort by the time of creation.
    return literal(0, BigInteger), False
