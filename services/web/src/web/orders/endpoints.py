"""`/orders` and `/orders/{id}`."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_common.problems import NotFound
from web.cart.count import beside_cart
from web.clients.errors import PartAway, Refused
from web.clients.shop import OrderPage
from web.form_addresses import redirect_get
from web.orders.words import CANCELLABLE
from web.parts import KnownVisitor, LogInNeeded, MemberForm, Parts, PartsOf
from web.rendering.catalogues import N_
from web.rendering.pages import notice_of, see_other
from web.visitor.cursors import cursor_of
from web.visitor.places import with_notice
from web.visitor.visitor import Visitor

router = APIRouter(prefix="/orders")

PAGE_SIZE = 20
TOO_LATE = N_("This order can no longer be cancelled.")
NOT_NOW = N_("We cannot do that right now. Nothing was lost; try again in a moment.")


@router.get("")
async def list_orders(request: Request, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """List the visitor's orders, newest first."""
    cursor = cursor_of(request)
    orders, count = await beside_cart(parts, visitor, _page(parts, visitor, cursor))
    return parts.pages.show(
        visitor,
        "orders/orders.html",
        {"orders": orders, "cursor": cursor},
        status=503 if orders is None else 200,
        notice=notice_of(request),
        cart_count=count,
    )


@router.get("/{order_id}")
async def show_order(order_id: UUID, request: Request, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Show one order and what has become of it. Raises NotFound, PartAway."""
    return await _order_page(parts, visitor, str(order_id), notice=notice_of(request))


@router.post("/{order_id}/cancel")
async def cancel_order(order_id: UUID, form: MemberForm, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Cancel an order that has not been shipped."""
    try:
        await parts.shop.cancel_order(visitor.on_behalf, str(order_id), form.key)
    except PartAway:
        return await _order_page(parts, visitor, str(order_id), message=NOT_NOW, status=503)
    except Refused as refused:
        _needs_log_in(refused)
        if refused.status == 409:
            return await _order_page(parts, visitor, str(order_id), message=TOO_LATE, status=409)
        raise
    return see_other(with_notice(f"/orders/{order_id}", "cancelled"))


redirect_get(router, "/{order_id}/cancel", "/orders/{order_id}")


async def _page(parts: Parts, visitor: Visitor, cursor: str) -> OrderPage | None:
    query = {"limit": str(PAGE_SIZE)} | ({"cursor": cursor} if cursor else {})
    try:
        return await parts.shop.orders(visitor.on_behalf, query)
    except PartAway:
        return None
    except Refused as refused:
        _needs_log_in(refused)
        raise


async def _order_page(
    parts: Parts,
    visitor: Visitor,
    order_id: str,
    *,
    message: str | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    try:
        order, count = await beside_cart(parts, visitor, parts.shop.order(visitor.on_behalf, order_id))
    except Refused as refused:
        _needs_log_in(refused)
        raise NotFound("There is no such order.") from None
    content = {"order": order, "message": message, "can_cancel": order.state in CANCELLABLE}
    return parts.pages.show(visitor, "orders/order.html", content, status=status, notice=notice, cart_count=count)


def _needs_log_in(refused: Refused) -> None:
    if refused.status == 401:
        raise LogInNeeded from None
