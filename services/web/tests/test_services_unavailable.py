"""Services that are stopped or hang: browsers get pages, and a visitor without a session does not notice auth."""

from __future__ import annotations

import pytest

from blackbox.pages import Page
from webtests.products import FULL_PRODUCT, ORDER_ID, PAGE, cart, order

PUBLIC = ["/", "/products", "/products/celadon-mug", "/cart", "/log-in", "/sign-up", "/problems", "/nothing-here"]
MEMBERS = [
    "/account",
    "/account/password",
    "/account/two-step",
    "/account/sessions",
    "/account/delete",
    "/orders",
    f"/orders/{ORDER_ID}",
]
MEMBERS += ["/checkout", "/checkout/review", "/admin/members", "/admin/orders"]
READS = {
    "auth": ["/auth/sessions", "/auth/mfa", "/.well-known/jwks.json"],
    "member": ["/api/members/me", "/api/admin/members"],
    "shop": [
        "/api/shop/cart",
        "/api/shop/products",
        "/api/shop/products/celadon-mug",
        "/api/shop/orders",
        f"/api/shop/orders/{ORDER_ID}",
    ],
}


@pytest.fixture
async def shopper(make_browser, services):
    """A browser of a site that is impatient with its services."""
    services.shop.on("GET", "/api/shop/cart", 200, cart())
    services.shop.on("GET", "/api/shop/products", 200, PAGE)
    services.shop.on("GET", "/api/shop/products/celadon-mug", 200, FULL_PRODUCT)
    services.shop.on("GET", f"/api/shop/orders/{ORDER_ID}", 200, order())
    services.shop.on("GET", "/api/shop/orders", 200, {"items": [], "next": None})
    services.auth.on("GET", "/auth/sessions", 200, {"items": []})
    services.auth.on("GET", "/auth/mfa", 200, {"totp": None, "recovery_codes_left": 0})
    services.member.on("GET", "/api/admin/members", 200, {"items": [], "next": None})
    # A page may wait for a read, and never for a write.
    return await make_browser(read_timeout_seconds=0.2, write_timeout_seconds=60.0)


async def fail(services, name: str, how: str) -> None:
    service = getattr(services, name)
    if how == "stopped":
        await service.stop()
    for path in READS[name]:
        service.hang("GET", path)
    for path in ("/auth/refresh", "/auth/login", "/auth/logout"):
        service.hang("POST", path)


@pytest.mark.parametrize("how", ["stopped", "hung"])
@pytest.mark.parametrize("path", PUBLIC)
async def test_a_visitor_without_a_session_needs_no_auth(shopper, services, path, how):
    await fail(services, "auth", how)

    response = await shopper.get(path)

    assert response.status_code == (404 if path == "/nothing-here" else 200)
    assert response.headers["content-type"].startswith("text/html")
    assert not services.auth.requests


@pytest.mark.parametrize("how", ["stopped", "hung"])
@pytest.mark.parametrize("path", PUBLIC + MEMBERS)
async def test_whose_session_cannot_be_checked_gets_a_page(shopper, services, path, how):
    await fail(services, "auth", how)
    shopper.http.cookies.set("__Host-refresh", "a-refresh-token_0123456789")

    response = await shopper.get(path)

    assert response.headers["content-type"].startswith("text/html")
    assert "We cannot check your log-in right now" in Page(response.text).text
    assert response.status_code in ({503} if path in MEMBERS else {200, 404})
    assert "set-cookie" not in response.headers or "refresh" not in response.headers["set-cookie"]


@pytest.mark.parametrize("how", ["stopped", "hung"])
@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("path", PUBLIC[:6] + MEMBERS)
async def test_a_member_gets_pages_while_a_service_is_unavailable(shopper, services, sign_in, path, name, how):
    sign_in(shopper, roles=["admin", "member"])
    await shopper.page("/problems")
    await fail(services, name, how)

    response = await shopper.get(path)

    assert response.status_code in {200, 303, 503}
    if response.status_code != 303:
        assert response.headers["content-type"].startswith("text/html")
        assert Page(response.text).links
