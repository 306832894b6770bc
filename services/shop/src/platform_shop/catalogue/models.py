"""The catalogue's tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import BigInteger, CheckConstraint, Computed, DateTime, ForeignKey, Index, Text, false, func
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platform_shop.languages import Language
from platform_shop.orm import Table

# Words of both languages as they are, and English ones by their stem. The name weighs most.
SEARCH_VECTOR = (
    "setweight(to_tsvector('simple', name_ko || ' ' || name_en), 'A')"
    " || setweight(to_tsvector('english', name_en || ' ' || keywords), 'B')"
    " || setweight(to_tsvector('simple', keywords || ' ' || summary_ko), 'B')"
    " || setweight(to_tsvector('english', summary_en || ' ' || description_en), 'C')"
    " || setweight(to_tsvector('simple', description_ko), 'C')"
    # Their keystrokes, marked by script, as the vocabulary has them.
    r" || array_to_tsvector(string_to_array(regexp_replace(search_keys_ko, '(^| )(?=.)', '\1+', 'g'), ' '))"
    r" || array_to_tsvector(string_to_array(regexp_replace(search_keys_en, '(^| )(?=.)', '\1=', 'g'), ' '))"
)
KOREAN_MARK, ENGLISH_MARK = "+", "="


class Category(Table):
    """A shelf of the shop."""

    __tablename__ = "categories"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid_utils.compat.uuid7)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name_ko: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    position: Mapped[int]

    def name(self, language: Language) -> str:
        """Return the name in `language`."""
        return self.name_ko if language is Language.KOREAN else self.name_en


class Product(Table):
    """A product with one or more variants. `price` is the lowest of theirs, stored here for sorting.

    `in_stock` says whether any variant has stock; the database keeps it (migration 0003).
    `search_keys_…` is what is searched by likeness, in keystrokes: see `platform_shop.catalogue.keystrokes`.
    """

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price"),
        # Each list with its filters is read from one of these alone.
        Index("ix_products_list", "id", "price", "in_stock"),
        Index("ix_products_price", "price", "id", "in_stock"),
        Index("ix_products_category_list", "category_id", "id", "price", "in_stock"),
        Index("ix_products_category_price", "category_id", "price", "id", "in_stock"),
        Index("ix_products_search_vector", "search_vector", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid_utils.compat.uuid7)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    category_id: Mapped[UUID] = mapped_column(ForeignKey("categories.id"))
    name_ko: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    summary_ko: Mapped[str] = mapped_column(Text)
    summary_en: Mapped[str] = mapped_column(Text)
    description_ko: Mapped[str] = mapped_column(Text)
    description_en: Mapped[str] = mapped_column(Text)
    keywords: Mapped[str] = mapped_column(Text, server_default="")
    price: Mapped[int] = mapped_column(BigInteger)
    in_stock: Mapped[bool] = mapped_column(server_default=false())
    picture: Mapped[dict[str, Any]] = mapped_column(JSONB)
    search_keys_ko: Mapped[str] = mapped_column(Text)
    search_keys_en: Mapped[str] = mapped_column(Text)
    search_vector: Mapped[Any] = mapped_column(TSVECTOR, Computed(SEARCH_VECTOR, persisted=True), deferred=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    category: Mapped[Category] = relationship(lazy="raise")
    variants: Mapped[list[Variant]] = relationship(
        back_populates="product", order_by="Variant.position", lazy="raise", passive_deletes=True
    )

    def name(self, language: Language) -> str:
        """Return the name in `language`."""
        return self.name_ko if language is Language.KOREAN else self.name_en

    def summary(self, language: Language) -> str:
        """Return a sentence about it in `language`."""
        return self.summary_ko if language is Language.KOREAN else self.summary_en

    def description(self, language: Language) -> str:
        """Return its whole description in `language`; paragraphs are divided by an empty line."""
        return self.description_ko if language is Language.KOREAN else self.description_en


class Variant(Table):
    """What is in fact bought: a size, a colour. `stock` is how many are left to sell; it is never below zero."""

    __tablename__ = "variants"
    __table_args__ = (
        CheckConstraint("stock >= 0", name="stock"),
        CheckConstraint("price >= 0", name="price"),
        Index("ix_variants_product_id", "product_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid_utils.compat.uuid7)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    sku: Mapped[str] = mapped_column(Text, unique=True)
    name_ko: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    price: Mapped[int] = mapped_column(BigInteger)
    stock: Mapped[int]
    position: Mapped[int]

    product: Mapped[Product] = relationship(back_populates="variants", lazy="raise")

    def name(self, language: Language) -> str:
        """Return the name in `language`."""
        return self.name_ko if language is Language.KOREAN else self.name_en


class SearchWord(Table):
    """A word of the catalogue in keystrokes, marked by its script; the database collects them (migration 0003)."""

    __tablename__ = "search_words"
    __table_args__ = (
        Index("ix_search_words_word", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )

    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
