"""`/api/shop/orders`: a member's own orders, and every order for administrators."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from platform_common.media_types import JSON, JSON_BODY, MERGE_PATCH, require_content_type
from platform_common.openapi import merge_patch_body
from platform_common.pagination import DEFAULT_LIMIT, MAX_LIMIT
from platform_common.preconditions import PreconditionsDep
from platform_database.dependencies import Session
from platform_database.idempotency.stored_response import StoredResponse
from platform_shop.api.dependencies import ClientBlock, CurrentCaller, KeyedUnitOfWork, LanguageDep, ServicesDep
from platform_shop.api.openapi import changed, created, found, reads
from platform_shop.api.responses import conditional_response, localized_response
from platform_shop.cart.schemas import CartView
from platform_shop.languages import Language
from platform_shop.orders.models import Order, OrderState
from platform_shop.orders.schemas import OrderChange, OrderCreation, OrderPage, OrderView, PaymentChoice, StateName
from platform_shop.orders.service import order_tag

router = APIRouter(prefix="/api/shop/orders", tags=["orders"])

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many orders a page holds at most.")]
Cursor = Annotated[str | None, Query(max_length=64, description="`next` of the page before.")]
Scope = Annotated[Literal["own", "all"], Query(description="`all` is for administrators.")]
State = Annotated[StateName | None, Query(description="Only orders in this state.")]


@router.get("", responses={**found(OrderPage), **reads(401, 403)}, response_class=Response)
async def list_orders(
    services: ServicesDep,
    session: Session,
    caller: CurrentCaller,
    language: LanguageDep,
    preconditions: PreconditionsDep,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    scope: Scope = "own",
    state: State = None,
) -> Response:
    """List orders, newest first."""
    page = await services.orders.list_orders(
        session, caller, language, all_members=scope == "all", state=state, cursor=cursor, limit=limit
    )
    return conditional_response(localized_response(page, language), preconditions)


@router.post(
    "",
    status_code=201,
    responses=created(OrderView),
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def place_order(
    body: OrderCreation,
    services: ServicesDep,
    session: Session,
    caller: CurrentCaller,
    language: LanguageDep,
    unit_of_work: KeyedUnitOfWork,
    client: ClientBlock,
) -> Response:
    """Order the contents of the cart. A repeat with the same key creates no further order."""

    async def operation() -> StoredResponse:
        order = await services.orders.place(session, caller, body, language, client)
        return _order(order, language, status=201, Location=f"/api/shop/orders/{order.id}")

    return await unit_of_work.execute(operation)


@router.get("/{order_id}", responses={**found(OrderView), **reads(401, 404)}, response_class=Response)
async def read_order(
    order_id: UUID,
    services: ServicesDep,
    session: Session,
    caller: CurrentCaller,
    language: LanguageDep,
    preconditions: PreconditionsDep,
) -> Response:
    """Read an order."""
    return conditional_response(_order(await services.orders.read(session, caller, order_id), language), preconditions)


@router.post("/{order_id}/cancel", responses=changed(OrderView, 404, 412), response_class=Response)
async def cancel_order(
    order_id: UUID,
    services: ServicesDep,
    session: Session,
    caller: CurrentCaller,
    language: LanguageDep,
    preconditions: PreconditionsDep,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    """Cancel an order that has not been shipped: its stock is released, its payment refunded."""

    async def operation() -> StoredResponse:
        return _order(await services.orders.cancel(session, caller, order_id, preconditions, language), language)

    return await unit_of_work.execute(operation)


@router.post(
    "/{order_id}/payment",
    responses=changed(OrderView, 404, 412),
    response_class=Response,
    dependencies=[JSON_BODY],
)
async def pay_order(
    order_id: UUID,
    body: PaymentChoice,
    services: ServicesDep,
    session: Session,
    caller: CurrentCaller,
    language: LanguageDep,
    preconditions: PreconditionsDep,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    """Pay an order again after its payment failed; its items stay reserved until `pay_by`."""

    async def operation() -> StoredResponse:
        return _order(await services.orders.pay(session, caller, order_id, body, preconditions, language), language)

    return await unit_of_work.execute(operation)


@router.post("/{order_id}/cart", responses=changed(CartView, 404), response_class=Response)
async def restore_cart(
    order_id: UUID,
    services: ServicesDep,
    session: Session,
    caller: CurrentCaller,
    language: LanguageDep,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    """Add the items of an order to the cart again, at current prices, without discontinued ones.

    The cart then holds at least the ordered quantity of each item, so repeating this adds nothing.
    """

    async def operation() -> StoredResponse:
        order = await services.orders.read_own(session, caller, order_id)
        quantities = {line.variant_id: line.quantity for line in order.lines}
        return localized_response(await services.carts.restore(session, caller.id, quantities, language), language)

    return await unit_of_work.execute(operation)


@router.patch(
    "/{order_id}",
    responses=changed(OrderView, 403, 404, 412),
    response_class=Response,
    openapi_extra=merge_patch_body(OrderChange, MERGE_PATCH),
    dependencies=[Depends(require_content_type(MERGE_PATCH, JSON))],
)
async def move_order(
    order_id: UUID,
    body: OrderChange,
    services: ServicesDep,
    session: Session,
    caller: CurrentCaller,
    language: LanguageDep,
    preconditions: PreconditionsDep,
    unit_of_work: KeyedUnitOfWork,
) -> Response:
    """Bring an order on its way; for administrators."""
    caller.require_admin()

    async def operation() -> StoredResponse:
        order = await services.orders.move(session, order_id, OrderState(body.state), preconditions, language)
        return _order(order, language)

    return await unit_of_work.execute(operation)


def _order(order: Order, language: Language, *, status: int = 200, **headers: str) -> StoredResponse:
    view = OrderView.from_order(order, language)
    return localized_response(view, language, status=status, tag=order_tag(view, language), **headers)
