"""`/`: what is new, and where to go from here."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from platform_web.cart.count import beside_cart
from platform_web.clients.errors import PartAway, Refused
from platform_web.clients.shop import ProductPage
from platform_web.parts import AnyVisitor, Parts, PartsOf
from platform_web.rendering.pages import notice_of, see_other
from platform_web.visitor.visitor import Visitor

router = APIRouter()

NEWEST = 8

ROBOTS_PATH = "/robots.txt"
# Nothing personal is worth an index entry; nothing that is sent by a form answers to GET.
ROBOTS = """\
User-agent: *
Disallow: /account
Disallow: /admin
Disallow: /cart
Disallow: /checkout
Disallow: /log-in
Disallow: /orders
"""


@router.get("/")
async def home(request: Request, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Show the newest products and the categories, or what there is without the shop."""
    newest, count = await beside_cart(parts, visitor, _newest(parts, visitor))
    return parts.pages.show(
        visitor,
        "home/home.html",
        {"newest": newest},
        notice=notice_of(request),
        cart_count=count,
        away=frozenset({"shop"}) if newest is None and parts.site.has_shop else frozenset(),
    )


@router.get(ROBOTS_PATH)
async def robots() -> Response:
    """Tell crawlers what is not for them."""
    return PlainTextResponse(ROBOTS, headers={"Cache-Control": "public, max-age=86400"})


@router.get("/.well-known/change-password")
async def change_password() -> Response:
    """Lead password managers to the form (https://w3c.github.io/webappsec-change-password-url/)."""
    return see_other("/account/password")


async def _newest(parts: Parts, visitor: Visitor) -> ProductPage | None:
    if not parts.site.has_shop:
        return None
    try:
        return await parts.shop.products(visitor.on_behalf, {"sort": "newest", "limit": str(NEWEST)})
    except (PartAway, Refused):
        return None
