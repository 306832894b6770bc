"""`/orders` and `/orders/{id}`."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_common.problems import NotFound
from platform_web.cart.count import with_cart_count
from platform_web.checkout.address_form import PAYMENT_UNKNOWN, PAYMENTS
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.clients.shop import OrderPage
from platform_web.container import (
    Container,
    ContainerDep,
    LoggedInVisitor,
    MemberForm,
    raise_if_logged_out,
    unless_unavailable,
)
from platform_web.form_urls import redirect_get_to
from platform_web.orders.texts import CANCELLABLE, FAILURES, UNPAID
from platform_web.rendering.catalogues import N_
from platform_web.rendering.messages import NOT_NOW
from platform_web.rendering.pages import read_notice, redirect
from platform_web.visitor.cursors import read_cursor
from platform_web.visitor.urls import with_notice
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/orders")

PAGE_SIZE = 20
NOT_PAYABLE = N_("This order cannot be paid right now. See its status below.")
NOT_PAID = N_("The payment could not be started. Choose a card and try again.")
UNKNOWN_OUTCOME = N_(
    "The shop did not respond, so we do not know whether the payment has started. You will be charged only once."
)
NOT_RESTORED = N_("The items could not be added to your cart. Try again in a moment.")
TOO_LATE = N_("This order can no longer be cancelled.")


@router.get("")
async def list_orders(request: Request, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """List the visitor's orders, newest first."""
    cursor = read_cursor(request)
    orders, count = await with_cart_count(container, visitor, _page(container, visitor, cursor))
    return container.pages.render(
        visitor,
        "orders/orders.html",
        {"orders": orders, "cursor": cursor},
        status=503 if orders is None else 200,
        notice=read_notice(request),
        cart_count=count,
    )


@router.get("/{order_id}")
async def show_order(order_id: UUID, request: Request, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Show one order with its history. Raises NotFound, ServiceUnavailable."""
    return await _order_page(container, visitor, str(order_id), notice=read_notice(request))


@router.post("/{order_id}/cancel")
async def cancel_order(order_id: UUID, form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Cancel an order before it is shipped."""
    try:
        await container.shop.cancel_order(visitor.request_context, str(order_id), form.key)
    except ServiceUnavailable:
        return await _order_page(container, visitor, str(order_id), message=NOT_NOW, status=503)
    except ServiceError as error:
        raise_if_logged_out(error)
        if error.status == 409:
            return await _order_page(container, visitor, str(order_id), message=TOO_LATE, status=409)
        raise
    return redirect(with_notice(f"/orders/{order_id}", "cancelled"))


@router.post("/{order_id}/payment")
async def pay_again(order_id: UUID, form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Start another payment after one failed."""
    if form["payment"] not in PAYMENTS:
        return await _order_page(container, visitor, str(order_id), message=PAYMENT_UNKNOWN, status=422)
    try:
        await container.shop.pay_order(visitor.request_context, str(order_id), form["payment"], form.key)
    except ServiceUnavailable:
        return await _order_page(container, visitor, str(order_id), message=UNKNOWN_OUTCOME, status=503)
    except ServiceError as error:
        raise_if_logged_out(error)
        message = NOT_PAYABLE if error.code == "order-not-payable" else NOT_PAID
        return await _order_page(container, visitor, str(order_id), message=message, status=error.status)
    return redirect(f"/orders/{order_id}")


@router.post("/{order_id}/cart")
async def restore_cart(order_id: UUID, form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Add the items of an order to the cart again."""
    try:
        await container.shop.restore_cart(visitor.request_context, str(order_id), form.key)
    except ServiceUnavailable:
        return await _order_page(container, visitor, str(order_id), message=NOT_RESTORED, status=503)
    except ServiceError as error:
        raise_if_logged_out(error)
        return await _order_page(container, visitor, str(order_id), message=NOT_RESTORED, status=error.status)
    return redirect(with_notice("/cart", "restored"))


for action in ("cancel", "payment", "cart"):
    redirect_get_to(router, f"/{{order_id}}/{action}", "/orders/{order_id}")


async def _page(container: Container, visitor: Visitor, cursor: str) -> OrderPage | None:
    query = {"limit": str(PAGE_SIZE)} | ({"cursor": cursor} if cursor else {})
    return await unless_unavailable(container.shop.orders(visitor.request_context, query))


async def _order_page(
    container: Container,
    visitor: Visitor,
    order_id: str,
    *,
    message: str | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    try:
        order, count = await with_cart_count(
            container, visitor, container.shop.order(visitor.request_context, order_id)
        )
    except ServiceError as error:
        raise_if_logged_out(error)
        raise NotFound("The order does not exist.") from None
    content = {
        "order": order,
        "message": message,
        "can_cancel": order.state in CANCELLABLE,
        "failure": FAILURES.get(order.payment.failure_reason or "", FAILURES["other"]),
        "is_unpaid": order.payment.state in UNPAID,
        "payments": PAYMENTS,
    }
    # Do not confirm an order whose payment has failed in the meantime.
    if notice == "placed" and order.payment.state in UNPAID:
        notice = None
    return container.pages.render(visitor, "orders/order.html", content, status=status, notice=notice, cart_count=count)
