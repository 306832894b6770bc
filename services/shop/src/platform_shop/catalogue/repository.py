"""Statements on products. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, FromClause, Subquery, and_, func, literal, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, defer, selectinload

from platform_shop.catalogue.cursors import Filters, Position, Sort
from platform_shop.catalogue.models import Category, Product, Variant
from platform_shop.catalogue.search import MAX_MATCHES, Match

# In a search the products are read through the index of their words and nothing else: by the planner's estimate a walk
# along another index looks shorter for frequent words, and is the whole table where the words never come together.
# One visitor takes one process of the server.
_LIST_OPTIONS = {"plan_cache_mode": "force_custom_plan", "jit": "off", "max_parallel_workers_per_gather": "0"}
_SEARCH_OPTIONS = _LIST_OPTIONS | {"enable_seqscan": "off", "enable_indexscan": "off"}
# Texts that a list does not show.
_NOT_LISTED = (
    Product.description_ko, Product.description_en, Product.keywords, Product.search_keys_ko, Product.search_keys_en,
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A product of a list, and its sort value."""

    product: Product
    value: int


@dataclass(frozen=True)
class Counted:
    """What the other filters find in one category: how many, at which prices, how many of them in stock."""

    category: Category
    count: int
    min_price: int | None
    max_price: int | None
    in_stock: int


async def limit_statements(session: AsyncSession, filters: Filters, seconds: float) -> None:
    """Set the statement timeout of lists until the transaction ends."""
    options = _SEARCH_OPTIONS if filters.q else _LIST_OPTIONS
    limits = options | {"statement_timeout": str(round(seconds * 1000))}
    await session.execute(select(*(func.set_config(name, value, True) for name, value in limits.items())))


async def list_products(
    session: AsyncSession, filters: Filters, match: Match | None, sort: Sort, *, after: Position | None, limit: int
) -> list[Found]:
    """Return up to `limit` products that follow `after`."""
    value, ascending = _sorted_by(match, sort)
    candidates = _candidates(filters, match, value)
    place = _page_of(candidates, ascending=ascending, after=after, limit=limit)
    order = (place.c.value, place.c.id) if ascending else (place.c.value.desc(), place.c.id.desc())
    statement = (
        select(Product, place.c.value)
        .join(place, place.c.id == Product.id)
        .join(Product.category)
        .options(contains_eager(Product.category), *map(defer, _NOT_LISTED))
        .order_by(*order)
    )
    return [Found(product, found_value) for product, found_value in (await session.execute(statement)).all()]


async def counts(session: AsyncSession, filters: Filters, match: Match | None) -> list[Counted]:
    """Return the number of products per category, in the shop's order; for a search, among its matches."""
    counted = _counted(filters, _counted_products(match))
    statement = (
        select(Category, counted.c.count, counted.c.min_price, counted.c.max_price, counted.c.in_stock)
        .outerjoin(counted, counted.c.category_id == Category.id)
        .order_by(Category.position, Category.id)
    )
    rows = (await session.execute(statement)).all()
    return [Counted(category, count or 0, least, most, stocked or 0) for category, count, least, most, stocked in rows]


async def find(session: AsyncSession, slug: str) -> Product | None:
    """Return a product with its category and variants."""
    statement = (
        select(Product)
        .join(Product.category)
        .options(contains_eager(Product.category), selectinload(Product.variants))
        .where(Product.slug == slug)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def lock_variants(session: AsyncSession, variant_ids: Iterable[UUID]) -> dict[UUID, Variant]:
    """Return variants with their products, as they are now, locked until the transaction ends.

    These locks are always taken in the order of the ids, so that two transactions cannot deadlock. The products come
    first: a change of stock may change their `in_stock`.
    """
    variant_ids = list(variant_ids)
    products = select(Variant.product_id).where(Variant.id.in_(variant_ids))
    await session.execute(
        select(Product.id).where(Product.id.in_(products)).order_by(Product.id).with_for_update(key_share=True)
    )
    statement = (
        select(Variant)
        .join(Variant.product)
        .options(contains_eager(Variant.product))
        .where(Variant.id.in_(variant_ids))
        .order_by(Variant.id)
        .with_for_update(of=Variant)
    )
    rows = (await session.execute(statement.execution_options(populate_existing=True))).scalars().all()
    return {variant.id: variant for variant in rows}


async def add_stock(session: AsyncSession, variant_id: UUID, quantity: int) -> None:
    """Add `quantity` pieces to a locked variant's stock; a negative number removes them."""
    await session.execute(
        update(Variant)
        .where(Variant.id == variant_id)
        .values(stock=Variant.stock + quantity)
        .execution_options(synchronize_session=False)
    )


def _candidates(filters: Filters, match: Match | None, value: ColumnElement[int]) -> Subquery:
    """Return ids and sort values: the matches of a search, or every product."""
    conditions: list[ColumnElement[bool]] = [_of_price(filters, Product.price.expression)]
    if filters.category is not None:
        category = select(Category.id).where(Category.slug == filters.category).scalar_subquery()
        conditions.append(Product.category_id == category)
    if filters.in_stock:
        conditions.append(Product.in_stock.is_(True))
    if match is not None:
        conditions.append(match.condition)
    statement = select(Product.id.label("id"), value.label("value")).where(*conditions)
    return (statement.limit(MAX_MATCHES) if match is not None else statement).subquery("candidates")


def _page_of(candidates: Subquery, *, ascending: bool, after: Position | None, limit: int) -> Subquery:
    value, key = candidates.c.value, candidates.c.id
    order = (value, key) if ascending else (value.desc(), key.desc())
    statement = select(key, value).order_by(*order).limit(limit)
    if after is not None:
        further = (value > after.value, key > after.id) if ascending else (value < after.value, key < after.id)
        # The first condition alone is what an index can begin at.
        first = value >= after.value if ascending else value <= after.value
        statement = statement.where(first, or_(further[0], and_(value == after.value, further[1])))
    return statement.subquery("page")


def _counted_products(match: Match | None) -> FromClause:
    columns = (Product.category_id, Product.price, Product.in_stock)
    if match is None:
        return select(*columns).subquery("products_counted")
    return select(*columns).where(match.condition).limit(MAX_MATCHES).subquery("matched")


def _counted(filters: Filters, products: FromClause) -> Subquery:
    priced = _of_price(filters, products.c.price)
    stocked = products.c.in_stock if filters.in_stock else true()
    return (
        select(
            products.c.category_id,
            func.count().filter(priced, stocked).label("count"),
            func.min(products.c.price).filter(stocked).label("min_price"),
            func.max(products.c.price).filter(stocked).label("max_price"),
            func.count().filter(priced, products.c.in_stock).label("in_stock"),
        )
        .group_by(products.c.category_id)
        .subquery("counted")
    )


def _of_price(filters: Filters, price: ColumnElement[int]) -> ColumnElement[bool]:
    bounds: list[ColumnElement[bool]] = []
    if filters.min_price is not None:
        bounds.append(price >= filters.min_price)
    if filters.max_price is not None:
        bounds.append(price <= filters.max_price)
    return and_(true(), *bounds)


def _sorted_by(match: Match | None, sort: Sort) -> tuple[ColumnElement[int], bool]:
    """Return the sort expression, and whether it ascends; ids of equal values are sorted in the same direction."""
    if sort is Sort.RELEVANCE and match is not None:
        return match.score, False
    if sort in {Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING}:
        return Product.price.expression, sort is Sort.PRICE_ASCENDING
    # Ids sort by the time of creation.
    return literal(0, BigInteger), False
