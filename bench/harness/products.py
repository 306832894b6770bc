"""A large catalogue: repeated copies of the sample products under other names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any
from uuid import UUID

import psycopg
import uuid_utils.compat
from psycopg.types.json import Jsonb

from platform_shop.catalogue.keystrokes import search_keys
from platform_shop.demo.products import CATEGORIES, PRODUCTS
from platform_shop.demo.texts import DemoProduct

# Every word of a product's texts is then in a thirtieth of them all, more than in any real shop; one is its own.
_COLUMNS = (
    "id, slug, category_id, name_ko, name_en, summary_ko, summary_en, description_ko, description_en, keywords, price,"
    " picture, search_keys_ko, search_keys_en"
)


def fill(url: str, number: int) -> None:
    """Add `number` products, each with two variants, to a database that has the tables."""
    with psycopg.connect(url) as connection:
        categories = _categories(connection)
        ids = [uuid_utils.compat.uuid7() for _ in range(number)]
        _copy(connection, f"products ({_COLUMNS})", _products(ids, categories))
        _copy(
            connection,
            "variants (id, product_id, sku, name_ko, name_en, price, stock, position)",
            (
                (uuid_utils.compat.uuid7(), id_, f"MANY-{place}-{position}", "기본", "Standard", 1000, stock, position)
                for place, id_ in enumerate(ids)
                for position, stock in enumerate((place % 10, 0))
            ),
        )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) products, variants, search_words, categories")


def _categories(connection: psycopg.Connection[Any]) -> dict[str, UUID]:
    ids = {}
    for position, category in enumerate(CATEGORIES):
        ids[category.slug] = uuid_utils.compat.uuid7()
        connection.execute(
            "INSERT INTO categories (id, slug, name_ko, name_en, position) VALUES (%s, %s, %s, %s, %s)",
            (ids[category.slug], category.slug, category.ko, category.en, position),
        )
    return ids


def _products(ids: list[UUID], categories: dict[str, UUID]) -> Iterator[tuple[Any, ...]]:
    for place, (id_, product) in enumerate(zip(ids, islice(cycle(PRODUCTS), len(ids)), strict=True)):
        yield (id_, f"many-{place}", categories[product.category], *_texts(product, place))


def _texts(product: DemoProduct, place: int) -> tuple[Any, ...]:
    ko, en, own = product.ko, product.en, _own_word(place)
    name_ko, name_en = f"{ko.name} {place}", f"{en.name} {own}"
    korean, english = search_keys(name_ko, name_en, product.keywords, ko.summary, en.summary)
    return (
        name_ko, name_en, ko.summary, en.summary, ko.description, en.description, product.keywords,
        1000 + place * 7919 % 99_000, Jsonb({}), korean, english,
    )  # fmt: skip


def _own_word(place: int) -> str:
    """Return a pronounceable word that only this product has."""
    syllables = ["ba", "ko", "ri", "su", "te", "no", "mi", "la", "ve", "do"]
    return "".join(syllables[int(digit)] for digit in f"{place:05}")


def _copy(connection: psycopg.Connection[Any], target: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
