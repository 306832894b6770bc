"""Orders: place, read, list, cancel, pay, move. Works in the given session; the unit of work commits."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog
import uuid_utils.compat
from sqlalchemy.ext.asyncio import AsyncSession

from platform_common.pagination import decode_cursor, encode_cursor
from platform_common.preconditions import Preconditions
from platform_common.problems import AccountInactive, FieldError
from platform_shop.callers import Caller
from platform_shop.cart import repository as carts
from platform_shop.cart.models import Cart, CartLine
from platform_shop.cart.visitors import Visitor
from platform_shop.catalogue import repository as catalogue
from platform_shop.catalogue.models import Variant
from platform_shop.catalogue.stock import shortage
from platform_shop.languages import Language
from platform_shop.orders import lifecycle, repository
from platform_shop.orders.errors import (
    CartChanged,
    CartEmpty,
    OrderNotFound,
    OrderStateConflict,
    OutOfStock,
    PriceChanged,
)
from platform_shop.orders.models import Order, OrderLine, OrderState, OrderStatusChange
from platform_shop.orders.numbers import new_number
from platform_shop.orders.payments import OrderPayments
from platform_shop.orders.schemas import OrderCreation, OrderPage, OrderView, PaymentChoice
from platform_shop.orders.unpaid import UnpaidLimits

log = structlog.get_logger(__name__)


def order_tag(order: Order | OrderView, language: Language) -> str:
    """Return the values of an order's entity tag: its version, and the language of its names."""
    return f"{order.version}-{language}"


class Orders:
    """Creates orders from carts, reads them, cancels them, and changes their state."""

    def __init__(self, payments: OrderPayments, unpaid: UnpaidLimits, currency: str) -> None:
        self._payments = payments
        self._unpaid = unpaid
        self._currency = currency

    async def place(
        self, session: AsyncSession, caller: Caller, wanted: OrderCreation, language: Language, address_block: str
    ) -> Order:
        """Create an order of the caller's cart: check price and stock, reserve it, start the payment, empty the cart.

        Locks the cart's row first, then those of its variants, always in this order.
        Raises CartEmpty, CartChanged, TooManyUnpaidOrders, OutOfStock, PriceChanged, AccountInactive.
        """
        cart, lines = await self._cart(session, caller, wanted)
        origin = self._unpaid.origin(address_block)
        await self._unpaid.check(session, caller.id, origin, sum(line.quantity for line in lines))
        variants = await catalogue.lock_variants(session, [line.variant_id for line in lines])
        _check_stock(lines, variants, language)
        total = sum(variants[line.variant_id].price * line.quantity for line in lines)
        if (total, self._currency) != (wanted.expected_total.amount, wanted.expected_total.currency):
            raise PriceChanged
        await self._take_stock(session, lines)
        order = Order(
            id=uuid_utils.compat.uuid7(),
            number=new_number(),
            member_id=caller.id,
            state=OrderState.PENDING,
            currency=self._currency,
            total=total,
            address=wanted.address.model_dump(),
            origin=origin,
            version=1,
            lines=[_line_of(position, line, variants[line.variant_id]) for position, line in enumerate(lines)],
            history=[OrderStatusChange(position=1, state=OrderState.PENDING)],
        )
        session.add(order)
        await session.flush()
        await self._payments.create(session, order, wanted.payment.method, wanted.payment.token)
        for line in lines:
            await carts.set_quantity(session, cart.id, line.variant_id, 0)
        cart.version += 1
        await session.flush()
        log.info("order_placed", order_id=str(order.id), member_id=str(caller.id), total=total)
        return await self._read(session, order.id)

    async def read(self, session: AsyncSession, caller: Caller, order_id: UUID) -> Order:
        """Return an order. Raises OrderNotFound, also for another's."""
        order = await self._read(session, order_id)
        _check_owner(order, caller)
        return order

    async def read_own(self, session: AsyncSession, caller: Caller, order_id: UUID) -> Order:
        """Return an order of the caller's own. Raises OrderNotFound, for an administrator as well."""
        order = await self._read(session, order_id)
        if order.member_id != caller.id:
            raise OrderNotFound
        return order

    async def list_orders(
        self, session: AsyncSession, caller: Caller, language: Language, *,
        all_members: bool, state: str | None, cursor: str | None, limit: int,
    ) -> OrderPage:  # fmt: skip
        """Return a page of the caller's orders, or of all members. Raises Forbidden, CursorInvalid."""
        if all_members:
            caller.require_admin()
        owner = None if all_members else caller.id
        after = decode_cursor(cursor) if cursor else None
        found = await repository.list_orders(session, member_id=owner, state=state, after=after, limit=limit + 1)
        items = found[:limit]
        following = encode_cursor(items[-1].id) if len(found) > limit else None
        return OrderPage(items=[OrderView.from_order(order, language) for order in items], next=following)

    async def cancel(
        self, session: AsyncSession, caller: Caller, order_id: UUID, preconditions: Preconditions, language: Language
    ) -> Order:
        """Cancel an order that is not on its way. Raises OrderNotFound, PreconditionFailed, OrderStateConflict."""
        order = await self._lock(session, order_id)
        _check_owner(order, caller)
        preconditions.check_change(order_tag(order, language))
        await lifecycle.cancel(session, order)
        return order

    async def pay(
        self,
        session: AsyncSession,
        caller: Caller,
        order_id: UUID,
        choice: PaymentChoice,
        preconditions: Preconditions,
        language: Language,
    ) -> Order:
        """Pay an order whose last payment failed. Raises OrderNotFound, PreconditionFailed, OrderNotPayable."""
        order = await self._lock(session, order_id)
        _check_owner(order, caller)
        preconditions.check_change(order_tag(order, language))
        await self._payments.retry(session, order, choice.method, choice.token)
        return await self._read(session, order_id)

    async def move(
        self, session: AsyncSession, order_id: UUID, state: OrderState, preconditions: Preconditions, language: Language
    ) -> Order:
        """Bring an order on its way. Raises OrderNotFound, PreconditionFailed, OrderStateConflict."""
        order = await self._lock(session, order_id)
        preconditions.check_change(order_tag(order, language))
        if state not in {OrderState.SHIPPED, OrderState.DELIVERED}:
            raise OrderStateConflict(f"Orders cannot be set to {state}.")
        await lifecycle.transition(session, order, state)
        return order

    async def _cart(
        self, session: AsyncSession, caller: Caller, wanted: OrderCreation
    ) -> tuple[Cart, Sequence[CartLine]]:
        # Another cart of the buyer's browser does not belong to the displayed one.
        visitor = Visitor(caller.id, uuid_utils.compat.uuid7(), is_new=True)
        cart = await carts.lock_cart(session, visitor)
        if await carts.is_erased(session, caller.id):
            raise AccountInactive
        lines = [line for line, _ in await carts.lines(session, cart.id)]
        if not lines:
            raise CartEmpty
        if cart.version != wanted.cart_version:
            raise CartChanged
        return cart, lines

    async def _take_stock(self, session: AsyncSession, lines: Sequence[CartLine]) -> None:
        for line in lines:
            await catalogue.add_stock(session, line.variant_id, -line.quantity)

    async def _read(self, session: AsyncSession, order_id: UUID) -> Order:
        order = await repository.find(session, order_id)
        if order is None:
            raise OrderNotFound
        return order

    async def _lock(self, session: AsyncSession, order_id: UUID) -> Order:
        order = await repository.lock_order(session, order_id)
        if order is None:
            raise OrderNotFound
        return order


def _check_owner(order: Order, caller: Caller) -> None:
    if order.member_id != caller.id and not caller.is_admin:
        raise OrderNotFound


def _check_stock(lines: Sequence[CartLine], variants: dict[UUID, Variant], language: Language) -> None:
    missing = []
    for position, line in enumerate(lines):
        variant = variants.get(line.variant_id)
        left = variant.stock if variant is not None else 0
        if left < line.quantity:
            name = f"{variant.product.name(language)}, {variant.name(language)}: " if variant is not None else ""
            missing.append(FieldError(f"/items/{position}", "out-of-stock", f"{name}{shortage(left)}"))
    if missing:
        raise OutOfStock(missing)


def _line_of(position: int, line: CartLine, variant: Variant) -> OrderLine:
    product = variant.product
    return OrderLine(
        position=position,
        variant_id=variant.id,
        product_slug=product.slug,
        product_name_ko=product.name_ko,
        product_name_en=product.name_en,
        variant_name_ko=variant.name_ko,
        variant_name_en=variant.name_en,
        unit_price=variant.price,
        quantity=line.quantity,
    )
