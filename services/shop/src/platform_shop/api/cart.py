"""`/api/shop/cart`: the visitor's cart, with or without an account."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from platform_common.media_types import JSON_BODY
from platform_common.openapi import OPTIONAL_TOKEN
from platform_common.preconditions import PreconditionsDep
from platform_database.dependencies import Session
from platform_database.idempotency.store import Operation
from platform_database.idempotency.stored_response import StoredResponse
from platform_database.unit_of_work import UnitOfWork
from platform_shop.api.dependencies import CART_COOKIE, CurrentVisitor, LanguageDep, ServicesDep, VisitorUnitOfWork
from platform_shop.api.openapi import changed, found, reads
from platform_shop.api.responses import conditional_response, localized_response
from platform_shop.cart.schemas import Addition, CartView, QuantityChange
from platform_shop.cart.visitors import Visitor
from platform_shop.container import Services

router = APIRouter(prefix="/api/shop/cart", tags=["cart"])


@router.get("", responses={**found(CartView), **reads(401)}, response_class=Response, openapi_extra=OPTIONAL_TOKEN)
async def read_cart(
    services: ServicesDep,
    session: Session,
    visitor: CurrentVisitor,
    language: LanguageDep,
    preconditions: PreconditionsDep,
) -> Response:
    """Read the cart. An anonymous visitor without one gets its cookie."""
    cart = await services.carts.read(session, visitor, language)
    # An anonymous cart may have been merged into a member's.
    await session.commit()
    return _with_cookie(conditional_response(localized_response(cart, language), preconditions), services, visitor)


@router.post(
    "/items",
    responses=changed(CartView, 404, 429),
    response_class=Response,
    openapi_extra=OPTIONAL_TOKEN,
    dependencies=[JSON_BODY],
)
async def add_cart_item(
    body: Addition,
    services: ServicesDep,
    session: Session,
    visitor: CurrentVisitor,
    language: LanguageDep,
    unit_of_work: VisitorUnitOfWork,
) -> Response:
    """Put something into the cart."""

    async def operation() -> StoredResponse:
        cart = await services.carts.add(session, visitor, body.variant_id, body.quantity, language)
        return localized_response(cart, language)

    return await _change(unit_of_work, operation, services, visitor)


@router.put(
    "/items/{variant_id}",
    responses=changed(CartView, 404, 429),
    response_class=Response,
    openapi_extra=OPTIONAL_TOKEN,
    dependencies=[JSON_BODY],
)
async def change_cart_item_quantity(
    variant_id: UUID,
    body: QuantityChange,
    services: ServicesDep,
    session: Session,
    visitor: CurrentVisitor,
    language: LanguageDep,
    unit_of_work: VisitorUnitOfWork,
) -> Response:
    """Set the quantity of a variant in the cart; 0 removes it."""

    async def operation() -> StoredResponse:
        cart = await services.carts.set_quantity(session, visitor, variant_id, body.quantity, language)
        return localized_response(cart, language)

    return await _change(unit_of_work, operation, services, visitor)


@router.delete(
    "/items/{variant_id}",
    responses={200: {"model": CartView}, **reads(401, 404)},
    response_class=Response,
    openapi_extra=OPTIONAL_TOKEN,
)
async def remove_cart_item(
    variant_id: UUID, services: ServicesDep, session: Session, visitor: CurrentVisitor, language: LanguageDep
) -> Response:
    """Remove a variant from the cart; removing an absent one succeeds."""

    async def operation() -> StoredResponse:
        return localized_response(
            await services.carts.set_quantity(session, visitor, variant_id, 0, language), language
        )

    return await _change(UnitOfWork(session, services.idempotency, services.outbox), operation, services, visitor)


async def _change(unit_of_work: UnitOfWork, operation: Operation, services: Services, visitor: Visitor) -> Response:
    return _with_cookie(await unit_of_work.execute(operation), services, visitor)


def _with_cookie(response: Response, services: Services, visitor: Visitor) -> Response:
    """Add an anonymous visitor's cookie to the response. It is not recorded, because it grants access to the cart."""
    settings = services.settings
    if visitor.member_id is None:
        response.set_cookie(
            settings.host_cookie(CART_COOKIE),
            services.cart_tokens.issue(visitor.cart_id),
            max_age=settings.cart_retention_seconds,
            path="/",
            secure=settings.secure_cookies,
            httponly=True,
            samesite="lax",
        )
    return response
