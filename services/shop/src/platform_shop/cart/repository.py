"""Statements on carts. A change of a cart locks its row first. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import and_, delete, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from platform_shop.cart.models import MAX_QUANTITY, Cart, CartLine, ErasedMember
from platform_shop.cart.visitors import Visitor
from platform_shop.catalogue.models import Variant

# Rows per purge statement, so that none holds locks for long.
PURGE_BATCH = 500


async def find(session: AsyncSession, visitor: Visitor) -> Cart | None:
    """Return the visitor's cart, if it was ever put into."""
    if visitor.member_id is not None:
        statement = select(Cart).where(Cart.member_id == visitor.member_id)
    else:
        statement = select(Cart).where(Cart.id == visitor.cart_id, Cart.member_id.is_(None))
    return (await session.execute(statement)).scalar_one_or_none()


async def lock_cart(session: AsyncSession, visitor: Visitor) -> Cart:
    """Return the visitor's cart, created if necessary, and locked until the transaction ends."""
    if visitor.member_id is not None:
        made = insert(Cart).values(id=uuid_utils.compat.uuid7(), member_id=visitor.member_id)
        key = [Cart.member_id]
    else:
        made = insert(Cart).values(id=visitor.cart_id)
        key = [Cart.id]
    # An update without a change, for the lock.
    statement = made.on_conflict_do_update(index_elements=key, set_={"updated_at": func.clock_timestamp()})
    rows = await session.execute(statement.returning(Cart).execution_options(populate_existing=True))
    return rows.scalar_one()


async def lock_anonymous(session: AsyncSession, cart_id: UUID) -> Cart | None:
    """Return an anonymous cart that is there, locked until the transaction ends."""
    statement = select(Cart).where(Cart.id == cart_id, Cart.member_id.is_(None)).with_for_update()
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()


async def mark_erased(session: AsyncSession, member_id: UUID) -> None:
    """Record that the member was erased."""
    await session.execute(insert(ErasedMember).values(member_id=member_id).on_conflict_do_nothing())


async def is_erased(session: AsyncSession, member_id: UUID) -> bool:
    """Return whether the member was erased; final once its cart is locked."""
    return await session.get(ErasedMember, member_id) is not None


async def lines(session: AsyncSession, cart_id: UUID) -> Sequence[tuple[CartLine, Variant]]:
    """Return a cart's lines with their variants and products, in the order in which they were put in."""
    statement = (
        select(CartLine, Variant)
        .join(Variant, Variant.id == CartLine.variant_id)
        .join(Variant.product)
        .options(contains_eager(Variant.product))
        .where(CartLine.cart_id == cart_id)
        .order_by(CartLine.added_at, CartLine.variant_id)
        .execution_options(populate_existing=True)
    )
    return [(line, variant) for line, variant in (await session.execute(statement)).all()]


async def quantity_of(session: AsyncSession, cart_id: UUID, variant_id: UUID) -> int:
    """Return the quantity of a variant in a cart."""
    statement = select(CartLine.quantity).where(CartLine.cart_id == cart_id, CartLine.variant_id == variant_id)
    return (await session.execute(statement)).scalar_one_or_none() or 0


async def count_lines(session: AsyncSession, cart_id: UUID) -> int:
    """Return how many lines a cart has."""
    statement = select(func.count()).select_from(CartLine).where(CartLine.cart_id == cart_id)
    return (await session.execute(statement)).scalar_one()


async def set_quantity(session: AsyncSession, cart_id: UUID, variant_id: UUID, quantity: int) -> None:
    """Set the quantity of a variant in a cart; 0 removes the line."""
    if quantity == 0:
        await session.execute(delete(CartLine).where(CartLine.cart_id == cart_id, CartLine.variant_id == variant_id))
        return
    statement = insert(CartLine).values(cart_id=cart_id, variant_id=variant_id, quantity=quantity)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["cart_id", "variant_id"], set_={"quantity": quantity})
    )


async def raise_quantities(session: AsyncSession, cart_id: UUID, quantities: Mapping[UUID, int]) -> None:
    """Raise the quantities of existing variants in a cart to at least these."""
    existing = await session.execute(select(Variant.id).where(Variant.id.in_(quantities)).order_by(Variant.id))
    rows = [
        {"cart_id": cart_id, "variant_id": variant_id, "quantity": min(quantities[variant_id], MAX_QUANTITY)}
        for variant_id in existing.scalars()
    ]
    if not rows:
        return
    statement = insert(CartLine).values(rows)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["cart_id", "variant_id"],
            set_={"quantity": func.greatest(CartLine.quantity, statement.excluded.quantity)},
        )
    )


async def move_lines(session: AsyncSession, source: UUID, target: UUID) -> int:
    """Put a cart's lines into another, both locked; return how many pieces that was."""
    moving = select(func.coalesce(func.sum(CartLine.quantity), 0)).where(CartLine.cart_id == source)
    pieces: int = (await session.execute(moving)).scalar_one()
    taken = select(literal(target), CartLine.variant_id, CartLine.quantity, CartLine.added_at)
    statement = insert(CartLine).from_select(
        ["cart_id", "variant_id", "quantity", "added_at"],
        # In one order, always: concurrent lockers wait instead of deadlocking.
        taken.where(CartLine.cart_id == source).order_by(CartLine.variant_id),
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["cart_id", "variant_id"],
            set_={"quantity": func.least(CartLine.quantity + statement.excluded.quantity, MAX_QUANTITY)},
        )
    )
    await session.execute(delete(Cart).where(Cart.id == source))
    return pieces


async def variant(session: AsyncSession, variant_id: UUID) -> Variant | None:
    """Return a variant."""
    return await session.get(Variant, variant_id)


async def purge_idle(session: AsyncSession, idle: timedelta, single_use: timedelta) -> int:
    """Delete a batch of anonymous carts that were not changed for so long, or changed only once; return how many."""
    used_once = and_(Cart.version <= 1, Cart.updated_at < func.now() - single_use)
    old = (
        select(Cart.id)
        .where(Cart.member_id.is_(None), or_(Cart.updated_at < func.now() - idle, used_once))
        .limit(PURGE_BATCH)
        .with_for_update(skip_locked=True)
    )
    statement = delete(Cart).where(Cart.id.in_(old)).returning(Cart.id)
    return len((await session.execute(statement.execution_options(synchronize_session=False))).all())
