"""`/admin/members` and `/admin/orders`."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_common.problems import NotFound
from platform_web.admin.access import Administrator
from platform_web.clients.errors import PartAway, Refused
from platform_web.clients.member import MemberPage
from platform_web.clients.shop import OrderPage
from platform_web.form_addresses import redirect_get
from platform_web.orders.words import NEXT_STATES, STATES
from platform_web.parts import LogInNeeded, MemberForm, Parts, PartsOf
from platform_web.rendering.catalogues import N_
from platform_web.rendering.pages import notice_of, see_other
from platform_web.visitor.cursors import cursor_of
from platform_web.visitor.places import with_notice
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/admin")

PAGE_SIZE = 50
LAST_ADMINISTRATOR = N_("The last administrator cannot be suspended.")
NOT_NOW = N_("We cannot do that right now. Nothing was lost; try again in a moment.")
NOT_DONE = N_("That did not work. Look at the page again.")


@router.get("")
async def front(_visitor: Administrator) -> Response:
    """Go to the members."""
    return see_other("/admin/members")


@router.get("/members")
async def members_page(request: Request, parts: PartsOf, visitor: Administrator) -> Response:
    """List members, or those whose name or address holds some words."""
    q = request.query_params.get("q", "").replace("\x00", "")[:100].strip()
    return await _members(parts, visitor, q, cursor_of(request), notice=notice_of(request))


@router.post("/members/{member_id}/suspend")
async def suspend(member_id: UUID, form: MemberForm, parts: PartsOf, visitor: Administrator) -> Response:
    """Suspend a member; every session of it ends."""
    try:
        await parts.members.suspend(visitor.on_behalf, str(member_id), form.key)
    except (PartAway, Refused) as error:
        return await _member_unchanged(parts, visitor, form["q"], error)
    return see_other(with_notice("/admin/members", "suspended"))


@router.post("/members/{member_id}/reinstate")
async def reinstate(member_id: UUID, form: MemberForm, parts: PartsOf, visitor: Administrator) -> Response:
    """Let a suspended member log in again."""
    try:
        await parts.members.reinstate(visitor.on_behalf, str(member_id), form.key)
    except (PartAway, Refused) as error:
        return await _member_unchanged(parts, visitor, form["q"], error)
    return see_other(with_notice("/admin/members", "reinstated"))


@router.get("/orders")
async def orders_page(request: Request, parts: PartsOf, visitor: Administrator) -> Response:
    """List everybody's orders, or those in one state."""
    state = request.query_params.get("state", "")
    state = state if state in STATES else ""
    cursor = cursor_of(request)
    query = {"scope": "all", "limit": str(PAGE_SIZE)}
    query |= ({"state": state} if state else {}) | ({"cursor": cursor} if cursor else {})
    orders: OrderPage | None
    try:
        orders = await parts.shop.orders(visitor.on_behalf, query)
    except PartAway:
        orders = None
    except Refused as refused:
        _needs_log_in(refused)
        raise
    return parts.pages.show(
        visitor,
        "admin/orders.html",
        {"orders": orders, "state": state},
        status=503 if orders is None else 200,
        notice=notice_of(request),
    )


@router.get("/orders/{order_id}")
async def order_page(order_id: UUID, request: Request, parts: PartsOf, visitor: Administrator) -> Response:
    """Show one order of anybody's. Raises NotFound, PartAway."""
    return await _order(parts, visitor, str(order_id), notice=notice_of(request))


@router.post("/orders/{order_id}")
async def move_order(order_id: UUID, form: MemberForm, parts: PartsOf, visitor: Administrator) -> Response:
    """Say that an order was shipped or delivered."""
    state = form["state"]
    if state not in NEXT_STATES.values():
        return see_other(f"/admin/orders/{order_id}")
    try:
        await parts.shop.move_order(visitor.on_behalf, str(order_id), state, form.key)
    except PartAway:
        return await _order(parts, visitor, str(order_id), message=NOT_NOW, status=503)
    except Refused as refused:
        _needs_log_in(refused)
        return await _order(parts, visitor, str(order_id), message=NOT_DONE, status=refused.status)
    return see_other(with_notice(f"/admin/orders/{order_id}", state))


redirect_get(router, "/members/{member_id}/suspend", "/admin/members")
redirect_get(router, "/members/{member_id}/reinstate", "/admin/members")


async def _members(
    parts: Parts,
    visitor: Visitor,
    q: str,
    cursor: str,
    *,
    message: str | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    page: MemberPage | None
    try:
        page = await parts.members.page(visitor.on_behalf, q, cursor, PAGE_SIZE)
    except PartAway:
        page, status = None, 503
    except Refused as refused:
        _needs_log_in(refused)
        raise
    own = visitor.principal.subject if visitor.principal else ""
    content = {"page": page, "q": q, "own": own, "message": message}
    return parts.pages.show(visitor, "admin/members.html", content, status=status, notice=notice)


async def _member_unchanged(parts: Parts, visitor: Visitor, q: str, error: PartAway | Refused) -> Response:
    if isinstance(error, PartAway):
        return await _members(parts, visitor, q[:100], "", message=NOT_NOW, status=503)
    _needs_log_in(error)
    message = LAST_ADMINISTRATOR if error.code == "last-administrator" else NOT_DONE
    return await _members(parts, visitor, q[:100], "", message=message, status=error.status)


async def _order(
    parts: Parts,
    visitor: Visitor,
    order_id: str,
    *,
    message: str | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    try:
        order = await parts.shop.order(visitor.on_behalf, order_id)
    except Refused as refused:
        _needs_log_in(refused)
        raise NotFound("The order does not exist.") from None
    content = {"order": order, "message": message, "next_state": NEXT_STATES.get(order.state)}
    return parts.pages.show(visitor, "admin/order.html", content, status=status, notice=notice)


def _needs_log_in(refused: Refused) -> None:
    if refused.status == 401:
        raise LogInNeeded from None
