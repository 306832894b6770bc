"""Data of a product of the demonstration shop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LocalizedText:
    """A product's texts in one language."""

    name: str
    summary: str
    description: str


@dataclass(frozen=True)
class DemoVariant:
    """A variant: stock-keeping unit, names, price in won, how many there are."""

    sku: str
    ko: str
    en: str
    price: int
    stock: int


@dataclass(frozen=True)
class DemoProduct:
    """A product with its picture (motif, palette, pattern, backdrop)."""

    slug: str
    category: str
    ko: LocalizedText
    en: LocalizedText
    keywords: str
    picture: tuple[str, str, str, str]
    variants: tuple[DemoVariant, ...]


@dataclass(frozen=True)
class DemoCategory:
    """A category."""

    slug: str
    ko: str
    en: str
