"""Small responses of shop."""

from __future__ import annotations

from typing import Any

VARIANT_ID = "01990000-0000-7000-8000-0000000000b1"
ORDER_ID = "01990000-0000-7000-8000-0000000000c1"


def won(amount: int) -> dict[str, Any]:
    """Return an amount of money."""
    return {"amount": amount, "currency": "KRW"}


PRODUCT = {
    "id": "01990000-0000-7000-8000-0000000000a1",
    "slug": "celadon-mug",
    "name": "Celadon mug",
    "summary": "A pale jade mug.",
    "category": {"slug": "tableware", "name": "Tableware"},
    "price": won(24000),
    "picture": "/api/shop/products/celadon-mug/picture.svg?v=1",
    "in_stock": True,
}
VARIANT = {"id": VARIANT_ID, "sku": "MUG", "name": "280 ml", "price": won(24000), "available": 3, "in_stock": True}
FULL_PRODUCT = PRODUCT | {
    "description": "Thrown by hand.\n\nDishwasher-safe.",
    "variants": [VARIANT],
    "updated_at": "2026-01-02T03:04:05Z",
}
FACETS = {
    "categories": [{"slug": "tableware", "name": "Tableware", "count": 1}],
    "price": {"min": won(24000), "max": won(24000)},
    "in_stock": {"count": 1},
}
PAGE = {"items": [PRODUCT], "next": None, "total_estimate": 1, "facets": FACETS}


def cart(quantity: int = 2, version: int = 5) -> dict[str, Any]:
    """Return a cart with one line, or with none."""
    line = {
        "variant_id": VARIANT_ID,
        "product": {name: PRODUCT[name] for name in ("slug", "name", "picture")},
        "variant_name": "280 ml",
        "unit_price": won(24000),
        "quantity": quantity,
        "line_total": won(24000 * quantity),
        "available": 3,
        "in_stock": True,
    }
    return {
        "items": [line] if quantity else [],
        "item_count": quantity,
        "total": won(24000 * quantity),
        "version": version,
        "owner": "member",
    }


ADDRESS = {
    "recipient": "김하루",
    "phone": "010-1234-5678",
    "postal_code": "03045",
    "line1": "사직로 161",
    "line2": "",
    "city": "서울 종로구",
    "country": "KR",
}


def unpaid_order(*, payable: bool = True, reason: str = "card-declined") -> dict[str, Any]:
    """Return an order whose payment has failed."""
    payment = {"method": "test", "state": "failed", "failure_reason": reason}
    return order("pending") | {"payment": payment, "payable": payable, "pay_by": "2026-01-02T03:19:05Z"}


def order(state: str = "paid") -> dict[str, Any]:
    """Return an order in some state."""
    return {
        "id": ORDER_ID,
        "number": "AB-12",
        "state": state,
        "items": [
            {
                "variant_id": VARIANT_ID,
                "product_name": "Celadon mug",
                "variant_name": "280 ml",
                "unit_price": won(24000),
                "quantity": 2,
                "line_total": won(48000),
                "product_slug": "celadon-mug",
            }
        ],
        "total": won(48000),
        "address": ADDRESS,
        "payment": {"method": "test", "state": "paid", "failure_reason": None},
        "payable": False,
        "pay_by": None,
        "timeline": [
            {"state": "pending", "at": "2026-01-02T03:04:05Z"},
            {"state": state, "at": "2026-01-02T03:05:05Z"},
        ],
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:05:05Z",
        "version": 2,
    }
