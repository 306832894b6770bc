"""`/orders` and `/orders/{id}`."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_common.problems import NotFound
from platform_web.cart.count import beside_cart
from platform_web.checkout.address_form import PAYMENT_UNKNOWN, PAYMENTS
from platform_web.clients.errors import PartAway, Refused
from platform_web.clients.shop import OrderPage
from platform_web.form_addresses import redirect_get
from platform_web.orders.words import CANCELLABLE, FAILURES, UNPAID
from platform_web.parts import KnownVisitor, LogInNeeded, MemberForm, Parts, PartsOf
from platform_web.rendering.catalogues import N_
from platform_web.rendering.pages import notice_of, see_other
from platform_web.visitor.cursors import cursor_of
from platform_web.visitor.places import with_notice
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/orders")

PAGE_SIZE = 20
NOT_PAYABLE = N_("This order takes no payment at the moment. Its state is shown below.")
NOT_PAID = N_("The payment could not be sent. Choose a card and try again.")
UNKNOWN_OUTCOME = N_(
    "The shop did not answer, so we do not know whether the payment has begun. The order is paid only once."
)
NOT_RESTORED = N_("The items could not be put into your cart. Try again in a moment.")
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


@router.post("/{order_id}/payment")
async def pay_again(order_id: UUID, form: MemberForm, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Pay an order again after its payment failed."""
    if form["payment"] not in PAYMENTS:
        return await _order_page(parts, visitor, str(order_id), message=PAYMENT_UNKNOWN, status=422)
    try:
        await parts.shop.pay_order(visitor.on_behalf, str(order_id), form["payment"], form.key)
    except PartAway:
        return await _order_page(parts, visitor, str(order_id), message=UNKNOWN_OUTCOME, status=503)
    except Refused as refused:
        _needs_log_in(refused)
        message = NOT_PAYABLE if refused.code == "order-not-payable" else NOT_PAID
        return await _order_page(parts, visitor, str(order_id), message=message, status=refused.status)
    return see_other(f"/orders/{order_id}")


@router.post("/{order_id}/cart")
async def restore_cart(order_id: UUID, form: MemberForm, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Put the items of an order into the cart again."""
    try:
        await parts.shop.restore_cart(visitor.on_behalf, str(order_id), form.key)
    except PartAway:
        return await _order_page(parts, visitor, str(order_id), message=NOT_RESTORED, status=503)
    except Refused as refused:
        _needs_log_in(refused)
        return await _order_page(parts, visitor, str(order_id), message=NOT_RESTORED, status=refused.status)
    return see_other(with_notice("/cart", "restored"))


for action in ("cancel", "payment", "cart"):
    redirect_get(router, f"/{{order_id}}/{action}", "/orders/{order_id}")


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
        raise NotFound("The order does not exist.") from None
    content = {
        "order": order,
        "message": message,
        "can_cancel": order.state in CANCELLABLE,
        "failure": FAILURES.get(order.payment.failure_reason or "", FAILURES["other"]),
        "is_unpaid": order.payment.state in UNPAID,
        "payments": PAYMENTS,
    }
    # No thanks for an order whose payment has failed meanwhile.
    if notice == "placed" and order.payment.state in UNPAID:
        notice = None
    return parts.pages.show(visitor, "orders/order.html", content, status=status, notice=notice, cart_count=count)


def _needs_log_in(refused: Refused) -> None:
    if refused.status == 401:
        raise LogInNeeded from None
