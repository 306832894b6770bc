"""The demonstration shop: whole in both languages, and put in once however often it is asked for."""

from __future__ import annotations

import re

import pytest

from platform_shop.catalogue.keystrokes import is_korean
from platform_shop.catalogue.pictures.drawing import BACKDROPS, MOTIFS, PATTERNS
from platform_shop.catalogue.pictures.palettes import PALETTES
from platform_shop.config import DatabaseSettings
from platform_shop.demo.command import fill_catalogue
from platform_shop.demo.products import CATEGORIES, PRODUCTS


@pytest.fixture
def fill(database):
    """Run the command."""
    return lambda: fill_catalogue(DatabaseSettings(database_url=database.app_url, _env_file=None))


async def test_the_shop_is_filled_once(fill, database):
    first, again = await fill(), await fill()

    variants = sum(len(product.variants) for product in PRODUCTS)
    assert first == {"categories": len(CATEGORIES), "products": len(PRODUCTS), "variants": variants}
    assert again == {"categories": 0, "products": 0, "variants": 0}
    assert database.one("SELECT count(*) FROM products") == len(PRODUCTS)


async def test_what_was_sold_and_changed_since_stays_so(fill, database):
    await fill()
    database.run("UPDATE variants SET stock = 3 WHERE sku = 'MUG-CEL-S'; UPDATE products SET name_en = 'Mine'")

    await fill()

    assert database.one("SELECT stock FROM variants WHERE sku = 'MUG-CEL-S'") == 3
    assert database.one("SELECT DISTINCT name_en FROM products") == "Mine"


def test_every_product_is_reported_in_both_languages():
    for product in PRODUCTS:
        for text in (product.ko.name, product.ko.summary, product.ko.description):
            assert is_korean(text), product.slug
        for text in (product.en.name, product.en.summary, product.en.description):
            assert text, product.slug
            assert not is_korean(text), product.slug
        assert len(product.en.description.split("\n\n")) == len(product.ko.description.split("\n\n")) == 2, product.slug


def test_every_product_has_a_picture_of_words_that_are_known():
    for product in PRODUCTS:
        for word, known in zip(product.picture, (MOTIFS, PALETTES, PATTERNS, BACKDROPS), strict=True):
            assert word in known, product.slug


def test_slugs_and_numbers_are_unique_and_fit_an_address():
    slugs = [product.slug for product in PRODUCTS]
    numbers = [variant.sku for product in PRODUCTS for variant in product.variants]

    assert len(set(slugs)) == len(slugs)
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"[a-z0-9-]+", slug) for slug in slugs)
    assert {product.category for product in PRODUCTS} == {category.slug for category in CATEGORIES}


async def test_the_first_page_shows_every_category(fill, client):
    await fill()

    page = (await client.get("/api/shop/products?limit=6")).json()

    assert {item["category"]["slug"] for item in page["items"]} == {category.slug for category in CATEGORIES}


@pytest.mark.parametrize(
    ("q", "slug"),
    [
        ("머그", "celadon-mug"), ("머그잔", "celadon-mug"), ("머그잔을", "celadon-mug"), ("청자", "celadon-mug"),
        ("ajrm", "celadon-mug"), ("MUG", "celadon-mug"), ("mugs", "celadon-mug"), ("celadno mug", "celadon-mug"),
        ("차주전자", "persimmon-teapot"), ("tea pot", "persimmon-teapot"), ("쿠션", "linen-cushion"),
        ("쿠숀", "linen-cushion"), ("yuja", "citron-marmalade"), ("유자차", "citron-marmalade"),
        ("공책", "thread-bound-notebook"), ("notbook", "thread-bound-notebook"), ("보자기", "wrapping-cloth"),
        ("candles", "beeswax-candle"), ("양초", "beeswax-candle"), ("한지 lamp", "hanji-lamp"),
    ],
)  # fmt: skip
async def test_what_people_type_finds_what_they_mean(fill, client, q, slug):
    await fill()

    found = [item["slug"] for item in (await client.get("/api/shop/products", params={"q": q})).json()["items"]]

    assert slug in found[:2], found
