"""Queries of the catalogue. Works in the session it is given."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from platform_shop.catalogue import repository
from platform_shop.catalogue.capacity import CountsCache, Gate
from platform_shop.catalogue.cursors import Filters, Position, Sort, decode_position, encode_position
from platform_shop.catalogue.errors import ProductNotFound
from platform_shop.catalogue.models import Category, Product, Variant
from platform_shop.catalogue.pictures.drawing import picture_url
from platform_shop.catalogue.repository import Counted
from platform_shop.catalogue.schemas import (
    CategoryCount,
    CategoryView,
    Facets,
    PriceRange,
    ProductPage,
    ProductSummary,
    ProductView,
    StockCount,
    VariantView,
)
from platform_shop.catalogue.search import understand
from platform_shop.catalogue.stock import public_stock
from platform_shop.config import CatalogueSettings
from platform_shop.languages import Language
from platform_shop.money import Money


class Catalogue:
    """Products as visitors see them; every price is in `currency`."""

    def __init__(self, settings: CatalogueSettings) -> None:
        self._currency = settings.currency
        self._statement_seconds = settings.catalogue_statement_timeout_seconds
        self._searches = Gate(settings.catalogue_max_concurrent_searches)
        self._lists = Gate(settings.catalogue_max_concurrent_searches)
        self._counts = CountsCache(settings.catalogue_max_age_seconds)

    async def list_products(
        self, session: AsyncSession, filters: Filters, sort: Sort, language: Language, *, cursor: str | None, limit: int
    ) -> ProductPage:
        """Return a page of products. Raises CursorInvalid, Overloaded."""
        after = decode_position(cursor, filters, sort) if cursor else None
        async with (self._searches if filters.q else self._lists).enter():
            await repository.limit_statements(session, filters, self._statement_seconds)
            match = await understand(session, filters.q) if filters.q else None
            counted = await self._counts.get(filters, lambda: repository.counts(session, filters, match))
            found = await repository.list_products(session, filters, match, sort, after=after, limit=limit + 1)
        shown, following = found[:limit], None
        if len(found) > limit:
            following = encode_position(Position(shown[-1].value, shown[-1].product.id), filters, sort)
        here = [one for one in counted if filters.category in {None, one.category.slug}]
        return ProductPage(
            items=[self._summary(one.product, language) for one in shown],
            next=following,
            total_estimate=sum(one.count for one in here),
            facets=self._facets(counted, here, language),
        )

    async def product(self, session: AsyncSession, slug: str, language: Language) -> ProductView:
        """Return a product. Raises ProductNotFound."""
        product = await self.find(session, slug)
        return ProductView(
            **self._summary(product, language).model_dump(),
            description=product.description(language),
            variants=[self._variant(variant, language) for variant in product.variants],
            updated_at=product.updated_at,
        )

    async def find(self, session: AsyncSession, slug: str) -> Product:
        """Return a product's row. Raises ProductNotFound."""
        product = await repository.find(session, slug)
        if product is None:
            raise ProductNotFound
        return product

    def money(self, amount: int) -> Money:
        """Return an amount of the shop's currency."""
        return Money(amount=amount, currency=self._currency)

    def _summary(self, product: Product, language: Language) -> ProductSummary:
        return ProductSummary(
            id=product.id,
            slug=product.slug,
            name=product.name(language),
            summary=product.summary(language),
            category=_category(product.category, language),
            price=self.money(product.price),
            picture=picture_url(product),
            in_stock=product.in_stock,
        )

    def _variant(self, variant: Variant, language: Language) -> VariantView:
        return VariantView(
            id=variant.id,
            sku=variant.sku,
            name=variant.name(language),
            price=self.money(variant.price),
            available=public_stock(variant.stock),
            in_stock=variant.stock > 0,
        )

    def _facets(self, counted: list[Counted], here: list[Counted], language: Language) -> Facets:
        least = [one.min_price for one in here if one.min_price is not None]
        highest = [one.max_price for one in here if one.max_price is not None]
        return Facets(
            categories=[
                CategoryCount(slug=one.category.slug, name=one.category.name(language), count=one.count)
                for one in counted
            ],
            price=PriceRange(
                min=self.money(min(least)) if least else None, max=self.money(max(highest)) if highest else None
            ),
            in_stock=StockCount(count=sum(one.in_stock for one in here)),
        )


def _category(category: Category, language: Language) -> CategoryView:
    return CategoryView(slug=category.slug, name=category.name(language))
