"""`shop demo-data`: adds sample products. Existing ones, and their stock, stay unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_common.serving import StartupError
from platform_database.engine import make_engine
from platform_database.settings import DatabaseSettings, variable
from platform_database.start import wait_for_database
from platform_shop.catalogue.keystrokes import search_keys
from platform_shop.catalogue.models import Category, Product, Variant
from platform_shop.demo.products import CATEGORIES, PRODUCTS
from platform_shop.demo.texts import DemoProduct
from platform_shop.schema import SCHEMA


async def fill_catalogue(settings: DatabaseSettings) -> dict[str, object]:
    """Add missing sample products, and return their number. Raises StartupError."""
    await wait_for_database(settings, SCHEMA)
    engine = make_engine(settings)
    try:
        async with async_sessionmaker(engine).begin() as session:
            return dict(await _fill(session))
    except SQLAlchemyError as error:
        name = variable(settings, "database_url")
        raise StartupError(f"The database of {name} failed ({type(error).__name__}).") from None
    finally:
        await engine.dispose()


async def _fill(session: AsyncSession) -> Mapping[str, int]:
    added = {"categories": 0, "products": 0, "variants": 0}
    for position, category in enumerate(CATEGORIES):
        row = {"slug": category.slug, "name_ko": category.ko, "name_en": category.en, "position": position}
        added["categories"] += await _add(session, Category, row)
    categories: dict[str, tuple[UUID, str]] = {
        slug: (id_, f"{ko} {en}")
        for id_, slug, ko, en in await session.execute(
            select(Category.id, Category.slug, Category.name_ko, Category.name_en)
        )
    }
    # From the last to the first: the first is then the newest, and listed first.
    for product in reversed(PRODUCTS):
        category_id, category_names = categories[product.category]
        added["products"] += await _add(session, Product, _product_row(product, category_id, category_names))
        statement = select(Product.id).where(Product.slug == product.slug)
        product_id: UUID = (await session.execute(statement)).scalar_one()
        for position, variant in enumerate(product.variants):
            row = {
                "product_id": product_id, "sku": variant.sku, "name_ko": variant.ko, "name_en": variant.en,
                "price": variant.price, "stock": variant.stock, "position": position,
            }  # fmt: skip
            added["variants"] += await _add(session, Variant, row)
    return added


def _product_row(product: DemoProduct, category_id: UUID, category_names: str) -> dict[str, Any]:
    ko, en = product.ko, product.en
    motif, palette, pattern, backdrop = product.picture
    korean, english = search_keys(ko.name, en.name, product.keywords, category_names, ko.summary, en.summary)
    return {
        "slug": product.slug,
        "category_id": category_id,
        "name_ko": ko.name, "summary_ko": ko.summary, "description_ko": ko.description,
        "name_en": en.name, "summary_en": en.summary, "description_en": en.description,
        "keywords": f"{product.keywords} {category_names}",
        "price": min(variant.price for variant in product.variants),
        "picture": {"motif": motif, "palette": palette, "pattern": pattern, "backdrop": backdrop},
        "search_keys_ko": korean,
        "search_keys_en": english,
    }  # fmt: skip


async def _add(session: AsyncSession, table: type[Category | Product | Variant], row: Mapping[str, Any]) -> int:
    """Add a row unless one has its slug or number; return the number of added rows."""
    statement = insert(table).values(id=uuid_utils.compat.uuid7(), **row).on_conflict_do_nothing().returning(table.id)
    return len((await session.execute(statement)).all())
