"""`/`, `/robots.txt` and `/.well-known/change-password`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from platform_web.cart.count import with_cart_count
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.clients.shop import ProductPage
from platform_web.container import AnyVisitor, Container, ContainerDep
from platform_web.rendering.pages import read_notice, redirect
from platform_web.visitor.visitor import Visitor

router = APIRouter()

NEWEST = 8

ROBOTS_PATH = "/robots.txt"
# Personal pages are not indexed.
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
async def home(request: Request, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Show the newest products and the categories."""
    newest, count = await with_cart_count(container, visitor, _newest(container, visitor))
    return container.pages.render(
        visitor,
        "home/home.html",
        {"newest": newest},
        notice=read_notice(request),
        cart_count=count,
        unavailable=frozenset({"shop"}) if newest is None and container.site.has_shop else frozenset(),
    )


@router.get(ROBOTS_PATH)
async def robots() -> Response:
    """Exclude personal pages from crawling."""
    return PlainTextResponse(ROBOTS, headers={"Cache-Control": "public, max-age=86400"})


@router.get("/.well-known/change-password")
async def change_password() -> Response:
    """Redirect password managers to the form (https://w3c.github.io/webappsec-change-password-url/)."""
    return redirect("/account/password")


async def _newest(container: Container, visitor: Visitor) -> ProductPage | None:
    if not container.site.has_shop:
        return None
    try:
        return await container.shop.products(visitor.request_context, {"sort": "newest", "limit": str(NEWEST)})
    except (ServiceUnavailable, ServiceError):
        return None
