"""`/admin/members` and `/admin/orders`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_common.problems import NotFound
from platform_web.admin.access import Administrator
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.container import Container, ContainerDep, MemberForm, raise_if_logged_out, unless_unavailable
from platform_web.form_urls import redirect_get_to
from platform_web.orders.texts import NEXT_STATES, STATES
from platform_web.rendering.catalogues import N_
from platform_web.rendering.form_errors import field_errors, missing_fields
from platform_web.rendering.messages import NOT_DONE, NOT_NOW
from platform_web.rendering.pages import read_notice, redirect
from platform_web.visitor.cursors import read_cursor
from platform_web.visitor.urls import reauthentication_url, with_notice
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/admin")

PAGE_SIZE = 50
LAST_ADMINISTRATOR = N_("The last administrator cannot be suspended.")


@router.get("")
async def index(_visitor: Administrator) -> Response:
    """Redirect to the list of members."""
    return redirect("/admin/members")


@router.get("/members")
async def members_page(request: Request, container: ContainerDep, visitor: Administrator) -> Response:
    """List members, filtered by words of their name or address."""
    q = request.query_params.get("q", "").replace("\x00", "")[:100].strip()
    return await _members(container, visitor, q, read_cursor(request), notice=read_notice(request))


@router.post("/members/{member_id}/suspend")
async def suspend(member_id: UUID, form: MemberForm, container: ContainerDep, visitor: Administrator) -> Response:
    """Suspend a member and end all their sessions."""
    try:
        await container.members.suspend(visitor.request_context, str(member_id), form.key)
    except (ServiceUnavailable, ServiceError) as error:
        return await _render_member_error(container, visitor, form["q"], error)
    return redirect(with_notice("/admin/members", "suspended"))


@router.post("/members/{member_id}/reinstate")
async def reinstate(member_id: UUID, form: MemberForm, container: ContainerDep, visitor: Administrator) -> Response:
    """Allow a suspended member to log in again."""
    try:
        await container.members.reinstate(visitor.request_context, str(member_id), form.key)
    except (ServiceUnavailable, ServiceError) as error:
        return await _render_member_error(container, visitor, form["q"], error)
    return redirect(with_notice("/admin/members", "reinstated"))


@router.get("/members/{member_id}/two-step")
async def two_step_page(member_id: UUID, container: ContainerDep, visitor: Administrator) -> Response:
    """Show a member's second factors, and offer to reset them."""
    return await _two_step(container, visitor, str(member_id))


@router.post("/members/{member_id}/two-step")
async def reset_factors(member_id: UUID, form: MemberForm, container: ContainerDep, visitor: Administrator) -> Response:
    """Remove a member's second factors and end all their sessions."""
    reason = form.text("reason")
    if missing := missing_fields(form.fields, "reason"):
        return await _two_step(container, visitor, str(member_id), reason, missing, status=422)
    try:
        await container.members.reset_factors(visitor.request_context, str(member_id), reason, form.key)
    except ServiceUnavailable:
        return await _two_step(container, visitor, str(member_id), reason, message=NOT_NOW, status=503)
    except ServiceError as error:
        if error.code == "reauthentication-required":
            return redirect(reauthentication_url(f"/admin/members/{member_id}/two-step"))
        raise_if_logged_out(error)
        errors = field_errors(error)
        message = None if errors else NOT_DONE
        return await _two_step(container, visitor, str(member_id), reason, errors, message, error.status)
    return redirect(with_notice("/admin/members", "factors-reset"))


@router.get("/orders")
async def orders_page(request: Request, container: ContainerDep, visitor: Administrator) -> Response:
    """List all orders, or those in one state."""
    state = request.query_params.get("state", "")
    state = state if state in STATES else ""
    cursor = read_cursor(request)
    query = {"scope": "all", "limit": str(PAGE_SIZE)}
    query |= ({"state": state} if state else {}) | ({"cursor": cursor} if cursor else {})
    orders = await unless_unavailable(container.shop.orders(visitor.request_context, query))
    return container.pages.render(
        visitor,
        "admin/orders.html",
        {"orders": orders, "state": state},
        status=503 if orders is None else 200,
        notice=read_notice(request),
    )


@router.get("/orders/{order_id}")
async def order_page(order_id: UUID, request: Request, container: ContainerDep, visitor: Administrator) -> Response:
    """Show one order of any member. Raises NotFound, ServiceUnavailable."""
    return await _order(container, visitor, str(order_id), notice=read_notice(request))


@router.post("/orders/{order_id}")
async def set_order_state(
    order_id: UUID, form: MemberForm, container: ContainerDep, visitor: Administrator
) -> Response:
    """Mark an order as shipped or delivered."""
    state = form["state"]
    if state not in NEXT_STATES.values():
        return redirect(f"/admin/orders/{order_id}")
    try:
        await container.shop.set_order_state(visitor.request_context, str(order_id), state, form.key)
    except ServiceUnavailable:
        return await _order(container, visitor, str(order_id), message=NOT_NOW, status=503)
    except ServiceError as error:
        raise_if_logged_out(error)
        return await _order(container, visitor, str(order_id), message=NOT_DONE, status=error.status)
    return redirect(with_notice(f"/admin/orders/{order_id}", state))


redirect_get_to(router, "/members/{member_id}/suspend", "/admin/members")
redirect_get_to(router, "/members/{member_id}/reinstate", "/admin/members")


async def _members(
    container: Container,
    visitor: Visitor,
    q: str,
    cursor: str,
    *,
    message: str | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    page = await unless_unavailable(container.members.list(visitor.request_context, q, cursor, PAGE_SIZE))
    own = visitor.principal.subject if visitor.principal else ""
    content = {"page": page, "q": q, "own": own, "message": message}
    status = 503 if page is None else status
    return container.pages.render(visitor, "admin/members.html", content, status=status, notice=notice)


async def _render_member_error(
    container: Container, visitor: Visitor, q: str, error: ServiceUnavailable | ServiceError
) -> Response:
    if isinstance(error, ServiceUnavailable):
        return await _members(container, visitor, q[:100], "", message=NOT_NOW, status=503)
    raise_if_logged_out(error)
    message = LAST_ADMINISTRATOR if error.code == "last-administrator" else NOT_DONE
    return await _members(container, visitor, q[:100], "", message=message, status=error.status)


async def _two_step(
    container: Container,
    visitor: Visitor,
    member_id: str,
    reason: str = "",
    errors: Mapping[str, str] = MappingProxyType({}),
    message: str | None = None,
    status: int = 200,
) -> Response:
    try:
        member = await container.members.read(visitor.request_context, member_id)
        factors = await container.members.second_factors(visitor.request_context, member_id)
    except ServiceError as error:
        raise_if_logged_out(error)
        raise NotFound("The member does not exist.") from None
    content = {"member": member, "factors": factors, "reason": reason, "errors": errors, "message": message}
    return container.pages.render(visitor, "admin/two_step.html", content, status=status)


async def _order(
    container: Container,
    visitor: Visitor,
    order_id: str,
    *,
    message: str | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    try:
        order = await container.shop.order(visitor.request_context, order_id)
    except ServiceError as error:
        raise_if_logged_out(error)
        raise NotFound("The order does not exist.") from None
    content = {"order": order, "message": message, "next_state": NEXT_STATES.get(order.state)}
    return container.pages.render(visitor, "admin/order.html", content, status=status, notice=notice)
