"""`/api/shop/cart`: the visitor's cart, with or without an account."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from platform_common.media_types import JSON, takes
from platform_common.openapi import OPTIONAL_TOKEN
from platform_common.preconditions import PreconditionsOf
from platform_database.boundary import Writes
from platform_database.ledger.answers import Answer
from platform_database.ledger.service import Effect
from platform_shop.answers import answer_of, read_answer
from platform_shop.cart.schemas import Addition, CartView, QuantityChange
from platform_shop.cart.visitors import Visitor
from platform_shop.languages import LanguageOf
from platform_shop.openapi import changed, found, reads
from platform_shop.parts import Parts
from platform_shop.requests import CART_COOKIE, CurrentVisitor, PartsOf, Session, VisitorsWrites

router = APIRouter(prefix="/api/shop/cart", tags=["cart"])


@router.get("", responses={**found(CartView), **reads(401)}, response_class=Response, openapi_extra=OPTIONAL_TOKEN)
async def read_cart(
    parts: PartsOf, session: Session, visitor: CurrentVisitor, language: LanguageOf, preconditions: PreconditionsOf
) -> Response:
    """Read the cart. An anonymous visitor without one gets its cookie."""
    cart = await parts.carts.read(session, visitor, language)
    # A member's may have taken over an anonymous one.
    await session.commit()
    return _with_cookie(read_answer(answer_of(cart, language), preconditions), parts, visitor)


@router.post(
    "/items",
    responses=changed(CartView, 404, 429),
    response_class=Response,
    openapi_extra=OPTIONAL_TOKEN,
    dependencies=[Depends(takes(JSON))],
)
async def add_cart_item(
    body: Addition, parts: PartsOf, session: Session, visitor: CurrentVisitor, language: LanguageOf,
    writes: VisitorsWrites,
) -> Response:  # fmt: skip
    """Put something into the cart."""

    async def effect() -> Answer:
        cart = await parts.carts.add(session, visitor, body.variant_id, body.quantity, language)
        return answer_of(cart, language)

    return await _change(writes, effect, parts, visitor)


@router.put(
    "/items/{variant_id}",
    responses=changed(CartView, 404, 429),
    response_class=Response,
    openapi_extra=OPTIONAL_TOKEN,
    dependencies=[Depends(takes(JSON))],
)
async def change_cart_item_quantity(
    variant_id: UUID, body: QuantityChange, parts: PartsOf, session: Session, visitor: CurrentVisitor,
    language: LanguageOf, writes: VisitorsWrites,
) -> Response:  # fmt: skip
    """Let the cart hold so many of something; none takes it out."""

    async def effect() -> Answer:
        cart = await parts.carts.set_quantity(session, visitor, variant_id, body.quantity, language)
        return answer_of(cart, language)

    return await _change(writes, effect, parts, visitor)


@router.delete(
    "/items/{variant_id}",
    responses={200: {"model": CartView}, **reads(401, 404)},
    response_class=Response,
    openapi_extra=OPTIONAL_TOKEN,
)
async def remove_cart_item(
    variant_id: UUID, parts: PartsOf, session: Session, visitor: CurrentVisitor, language: LanguageOf
) -> Response:
    """Take something out of the cart; what is not in there is no fault."""

    async def effect() -> Answer:
        return answer_of(await parts.carts.set_quantity(session, visitor, variant_id, 0, language), language)

    return await _change(Writes(session, parts.ledger, parts.outbox), effect, parts, visitor)


async def _change(writes: Writes, effect: Effect, parts: Parts, visitor: Visitor) -> Response:
    return _with_cookie(await writes.run(effect), parts, visitor)


def _with_cookie(response: Response, parts: Parts, visitor: Visitor) -> Response:
    """Give an anonymous visitor its cookie. It is no part of what is recorded: it opens the cart."""
    settings = parts.settings
    if visitor.member_id is None:
        response.set_cookie(
            settings.host_cookie(CART_COOKIE),
            parts.cart_tokens.token_for(visitor.cart_id),
            max_age=settings.cart_retention_seconds,
            path="/",
            secure=settings.secure_cookies,
            httponly=True,
            samesite="lax",
        )
    return response
