"""A response that a shared cache may keep neither sets nor renews anything."""

from __future__ import annotations

import re

import httpx2
import pytest
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from platform_web.app import FEATURES, SHOP_FEATURES
from platform_web.assets.bundle import Assets
from platform_web.visitor.cookies import CookieRules
from platform_web.visitor.middleware import VisitorMiddleware, may_be_cached
from platform_web.visitor.visitor import get_visitor
from webtests.browser import SITE, cookie_lines
from webtests.products import FULL_PRODUCT, ORDER_ID, PAGE, cart, order

PARAMETERS = {"slug": "celadon-mug", "code": "not-found"}
CACHED = ["/robots.txt", *(Assets().url(name) for name in ("site.css", "site.js", "icon.svg"))]


def every_page() -> list[str]:
    routes = [
        route for feature in FEATURES + SHOP_FEATURES for route in feature.router.routes if isinstance(route, APIRoute)
    ]
    paths = {route.path for route in routes if "GET" in (route.methods or ())}
    filled = {re.sub(r"\{(\w+)\}", lambda match: PARAMETERS.get(match[1], ORDER_ID), path) for path in paths}
    return sorted({*filled, *CACHED, "/static/none.css", "/nothing-here", "/livez", "/readyz"})


@pytest.fixture(autouse=True)
def whole_shop(services, tokens):
    services.auth.on("POST", "/auth/refresh", 200, tokens)
    services.shop.on("GET", "/api/shop/cart", 200, cart())
    services.shop.on("GET", "/api/shop/products", 200, PAGE)
    services.shop.on("GET", "/api/shop/products/celadon-mug", 200, FULL_PRODUCT)
    services.shop.on("GET", f"/api/shop/orders/{ORDER_ID}", 200, order())


@pytest.mark.parametrize("path", every_page())
async def test_only_what_no_cache_keeps_sets_or_renews_anything(browser, services, path):
    cookies = "__Host-refresh=an-older-token_0123456789; __Host-access=x; __Secure-checkout=x"

    response = await browser.get(path, Cookie=cookies)

    cached = path in CACHED
    assert may_be_cached(response.headers["cache-control"]) == cached
    if cached:
        assert not cookie_lines(response)
        assert not services.auth.asked("POST", "/auth/refresh")


async def test_the_page_of_a_missing_asset_replaces_no_cookie(browser):
    """The edge brings no cookies there: a new one would take the place of the visitor's own."""
    response = await browser.get("/static/site.0000000000000000.css")

    assert response.status_code == 404
    assert "text/html" in response.headers["content-type"]
    assert not cookie_lines(response)


@pytest.mark.parametrize(
    ("cache_control", "kept"),
    [("public, max-age=60", False), ("max-age=60", False), ("no-cache", False), ("no-store", True), ("Private", True)],
)
async def test_the_middleware_drops_cookies_from_what_a_cache_may_keep(cache_control, kept):
    async def endpoint(request: Request) -> PlainTextResponse:
        get_visitor(request).set_theme("dark")
        return PlainTextResponse("", headers={"Cache-Control": cache_control})

    app = Starlette(routes=[Route("/", endpoint)])
    app.add_middleware(VisitorMiddleware, rules=CookieRules(secure=True))

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=SITE) as client:
        response = await client.get("/")

    assert ("set-cookie" in response.headers) == kept
