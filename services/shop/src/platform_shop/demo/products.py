"""The products of the demonstration shop, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from platform_shop.demo.house import HOUSE
from platform_shop.demo.light import LIGHT
from platform_shop.demo.pantry import PANTRY
from platform_shop.demo.stationery import STATIONERY
from platform_shop.demo.tableware import TABLEWARE
from platform_shop.demo.textiles import TEXTILES
from platform_shop.demo.texts import DemoCategory, DemoProduct

CATEGORIES = (
    DemoCategory("tableware", "식기", "Tableware"),
    DemoCategory("tea-and-pantry", "차와 먹거리", "Tea & pantry"),
    DemoCategory("stationery", "문구", "Stationery"),
    DemoCategory("textiles", "패브릭", "Textiles"),
    DemoCategory("light-and-scent", "빛과 향", "Light & scent"),
    DemoCategory("house-and-garden", "집과 정원", "House & garden"),
)


def _interleave(*shelves: tuple[DemoProduct, ...]) -> Iterator[DemoProduct]:
    """Interleave the shelves, so that the first page shows products of each."""
    return chain.from_iterable(zip(*shelves, strict=True))


PRODUCTS = tuple(_interleave(TABLEWARE, PANTRY, STATIONERY, TEXTILES, LIGHT, HOUSE))
