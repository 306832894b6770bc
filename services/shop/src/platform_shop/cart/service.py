"""Carts: read, change, merge. A cart reserves nothing: orders reserve stock, and prices are current ones."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import structlog
import uuid_utils.compat
from sqlalchemy.ext.asyncio import AsyncSession

from platform_common.problems import AccountInactive
from platform_shop.cart import repository
from platform_shop.cart.creation import CartCreation
from platform_shop.cart.errors import CartFull, QuantityUnavailable, VariantNotFound
from platform_shop.cart.models import MAX_QUANTITY, Cart, CartLine
from platform_shop.cart.schemas import CartLineView, CartProduct, CartView
from platform_shop.cart.visitors import Visitor
from platform_shop.catalogue.models import Variant
from platform_shop.catalogue.pictures.drawing import picture_url
from platform_shop.catalogue.stock import public_stock, shortage
from platform_shop.languages import Language
from platform_shop.money import Money

MAX_LINES = 50

log = structlog.get_logger(__name__)


class Carts:
    """Carts of members and of anonymous visitors."""

    def __init__(self, currency: str, creation: CartCreation) -> None:
        self._currency = currency
        self._creation = creation

    async def read(self, session: AsyncSession, visitor: Visitor, language: Language) -> CartView:
        """Return the visitor's cart; a member's anonymous cart is merged into it."""
        if visitor.member_id is not None and not visitor.is_new:
            await self._merge(session, visitor.member_id, visitor.cart_id)
        return await self._view(session, await repository.find(session, visitor), visitor, language)

    async def add(
        self, session: AsyncSession, visitor: Visitor, variant_id: UUID, quantity: int, language: Language
    ) -> CartView:
        """Put so many more of a variant in. Raises VariantNotFound, QuantityUnavailable, CartFull."""
        cart = await self._lock(session, visitor)
        there = await repository.quantity_of(session, cart.id, variant_id)
        return await self._set(session, cart, variant_id, there, there + quantity, visitor, language)

    async def set_quantity(
        self, session: AsyncSession, visitor: Visitor, variant_id: UUID, quantity: int, language: Language
    ) -> CartView:
        """Set the quantity of a variant in the cart. Raises VariantNotFound, QuantityUnavailable, CartFull."""
        cart = await self._lock(session, visitor)
        there = await repository.quantity_of(session, cart.id, variant_id)
        return await self._set(session, cart, variant_id, there, quantity, visitor, language)

    async def restore(
        self, session: AsyncSession, member_id: UUID, quantities: Mapping[UUID, int], language: Language
    ) -> CartView:
        """Raise quantities in a member's cart to at least these; unknown variants are ignored. Raises CartFull."""
        member = Visitor(member_id, uuid_utils.compat.uuid7(), is_new=True)
        cart = await self._lock(session, member)
        await repository.raise_quantities(session, cart.id, quantities)
        if await repository.count_lines(session, cart.id) > MAX_LINES:
            raise CartFull(f"A cart holds at most {MAX_LINES} different products.")
        cart.version += 1
        await session.flush()
        return await self._view(session, cart, member, language)

    async def _merge(self, session: AsyncSession, member_id: UUID, cart_id: UUID) -> None:
        """Move an anonymous cart's lines to the member's cart. Quantities add up; a merged cart is deleted.

        Locks the anonymous cart first, then the member's: concurrent merges of one cart run one after another, and
        the second finds nothing. Raises AccountInactive.
        """
        anonymous = await repository.lock_anonymous(session, cart_id)
        if anonymous is None:
            return
        cart = await self._lock(session, Visitor(member_id, cart_id, is_new=True))
        pieces = await repository.move_lines(session, anonymous.id, cart.id)
        session.expunge(anonymous)
        cart.version += 1
        await session.flush()
        log.info("cart_merged", member_id=str(member_id), pieces=pieces)

    async def _lock(self, session: AsyncSession, visitor: Visitor) -> Cart:
        if visitor.member_id is None:
            if await repository.find(session, visitor) is None:
                self._creation.admit(visitor.client)
            return await repository.lock_cart(session, visitor)
        if not visitor.is_new:
            await self._merge(session, visitor.member_id, visitor.cart_id)
        cart = await repository.lock_cart(session, visitor)
        if await repository.is_erased(session, visitor.member_id):
            raise AccountInactive
        return cart

    async def _set(
        self, session: AsyncSession, cart: Cart, variant_id: UUID, there: int, wanted: int, visitor: Visitor,
        language: Language,
    ) -> CartView:  # fmt: skip
        variant = await repository.variant(session, variant_id)
        if variant is None:
            raise VariantNotFound
        # Fewer than before are always welcome, whatever is left.
        if wanted > there:
            _check_quantity(wanted, variant.stock)
            if there == 0 and await repository.count_lines(session, cart.id) >= MAX_LINES:
                raise CartFull(f"A cart holds at most {MAX_LINES} different products.")
        if wanted != there:
            await repository.set_quantity(session, cart.id, variant_id, wanted)
            cart.version += 1
            await session.flush()
        return await self._view(session, cart, visitor, language)

    async def _view(self, session: AsyncSession, cart: Cart | None, visitor: Visitor, language: Language) -> CartView:
        rows = await repository.lines(session, cart.id) if cart is not None else []
        items = [self._line(line, variant, language) for line, variant in rows]
        return CartView(
            items=items,
            item_count=sum(item.quantity for item in items),
            total=self._money(sum(item.line_total.amount for item in items)),
            version=cart.version if cart is not None else 0,
            owner="anonymous" if visitor.member_id is None else "member",
        )

    def _line(self, line: CartLine, variant: Variant, language: Language) -> CartLineView:
        product = variant.product
        return CartLineView(
            variant_id=variant.id,
            product=CartProduct(slug=product.slug, name=product.name(language), picture=picture_url(product)),
            variant_name=variant.name(language),
            unit_price=self._money(variant.price),
            quantity=line.quantity,
            line_total=self._money(variant.price * line.quantity),
            available=public_stock(variant.stock),
            in_stock=variant.stock >= line.quantity,
        )

    def _money(self, amount: int) -> Money:
        return Money(amount=amount, currency=self._currency)


def _check_quantity(wanted: int, stock: int) -> None:
    # The limit is checked first: rejecting by it reveals nothing about the stock.
    if wanted > MAX_QUANTITY:
        raise QuantityUnavailable(f"A cart holds at most {MAX_QUANTITY} of one product.")
    if wanted > stock:
        raise QuantityUnavailable(shortage(stock))
