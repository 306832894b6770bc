"""Responses of the shop's API for bench/web_pages.py, the same for every contender."""

from __future__ import annotations

from typing import Any

CATEGORIES = (
    ("tableware", "Tableware", 12),
    ("tea-and-pantry", "Tea & pantry", 9),
    ("stationery", "Stationery", 11),
    ("textiles", "Textiles", 8),
    ("light-and-scent", "Light & scent", 7),
    ("house-and-garden", "House & garden", 6),
)
PRODUCTS = (
    ("celadon-mug", "Celadon mug", "A pale jade mug that sits well in the hand.", 24000, 0),
    ("roasted-barley-tea", "Roasted barley tea", "Dark, round and free of caffeine; for the whole day.", 12800, 1),
    ("open-spine-notebook", "Open-spine notebook", "Lies flat on every page; 160 of them, unlined.", 14500, 2),
    ("linen-tea-towel", "Linen tea towel", "Softer after each wash. Two in a set.", 19000, 3),
    ("beeswax-candle", "Beeswax candle", "Burns for eleven hours and smells of nothing but honey.", 16200, 4),
    ("brass-watering-can", "Brass watering can", "A long spout for small pots; it holds 600 ml.", 58000, 5),
    ("persimmon-vinegar", "Persimmon vinegar", "Two years in the jar, from one orchard in Sangju.", 21500, 1),
    ("walnut-tray", "Walnut tray", "Turned from one piece, oiled, and made to be used.", 46000, 0),
)
DESCRIPTION = """\
Thrown in a small workshop in Icheon and fired twice, so that the glaze runs into the thin lines of all celadon.
No two of them have the same.

It holds a large cup and keeps it warm. The handle is wide enough for three fingers, and the foot is left unglazed.

Safe in the dishwasher and in the microwave. The lines darken with the years; that is how it should be."""


def responses() -> dict[str, dict[str, Any]]:
    """Return the responses of shop, by path."""
    return {
        "/api/shop/products": {
            "items": [_card(index) for index in range(len(PRODUCTS))],
            "next": None,
            "total_estimate": len(PRODUCTS),
            "facets": {
                "categories": [{"slug": slug, "name": name, "count": count} for slug, name, count in CATEGORIES],
                "price": {"min": _won(12800), "max": _won(58000)},
                "in_stock": {"count": 7},
            },
        },
        "/api/shop/products/celadon-mug": _card(0)
        | {
            "description": DESCRIPTION,
            "variants": [
                _variant(1, "280 ml", 24000, 10),
                _variant(2, "380 ml", 28000, 4),
                _variant(3, "480 ml", 31000, 0),
            ],
            "updated_at": "2026-11-20T09:00:00Z",
        },
        "/api/shop/cart": {
            "items": [_line(1), _line(2)],
            "item_count": 3,
            "total": _won(76000),
            "version": 4,
            "owner": "anonymous",
        },
    }


def _won(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "KRW"}


def _id(number: int) -> str:
    return f"01a21501-d5d1-7053-a871-{number:012x}"


def _picture(slug: str) -> str:
    return f"/api/shop/products/{slug}/picture.svg?v=716cb78836d7"


def _card(index: int) -> dict[str, Any]:
    slug, name, summary, price, category = PRODUCTS[index]
    return {
        "id": _id(index),
        "slug": slug,
        "name": name,
        "summary": summary,
        "category": {"slug": CATEGORIES[category][0], "name": CATEGORIES[category][1]},
        "price": _won(price),
        "picture": _picture(slug),
        "in_stock": index != 5,
    }


def _variant(number: int, name: str, price: int, available: int) -> dict[str, Any]:
    return {
        "id": _id(100 + number),
        "sku": f"MUG-{number}",
        "name": name,
        "price": _won(price),
        "available": available,
        "in_stock": available > 0,
    }


def _line(number: int) -> dict[str, Any]:
    return {
        "variant_id": _id(100 + number),
        "product": {"slug": "celadon-mug", "name": "Celadon mug", "picture": _picture("celadon-mug")},
        "variant_name": "280 ml" if number == 1 else "380 ml",
        "unit_price": _won(24000 if number == 1 else 28000),
        "quantity": number,
        "line_total": _won(24000 if number == 1 else 56000),
        "available": 10,
        "in_stock": True,
    }
