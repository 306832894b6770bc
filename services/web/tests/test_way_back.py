"""After a refused form the browser shows the form's address: whatever is done there next leads to a page."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute

from blackbox.pages import Page
from platform_web.app import FEATURES, SHOP_FEATURES
from platform_web.session.endpoints import REFRESH_PATH
from webtests.browser import HTML, SITE
from webtests.products import ADDRESS, FULL_PRODUCT, ORDER_ID, VARIANT_ID, cart, order
from webtests.services import MEMBER

OTHER = MEMBER | {"id": "01990000-0000-7000-8000-000000000002"}
# The page, the form on it, what is sent, and where the browser is afterwards.
REFUSED = [
    ("/account", "/account/profile", {"email": "x"}, "/account"),
    ("/account/password", "/account/password", {"current_password": "x"}, "/account/password"),
    ("/account/delete", "/account/delete", {"current_password": "x"}, "/account/delete"),
    ("/products/celadon-mug", "/cart/items", {"quantity": "3"}, "/products/celadon-mug"),
    ("/cart", f"/cart/items/{VARIANT_ID}", {"quantity": "9"}, "/cart"),
    ("/checkout", "/checkout", {"line1": ""}, "/checkout"),
    ("/checkout/review", "/checkout/place", {}, "/checkout/review"),
    (f"/orders/{ORDER_ID}", f"/orders/{ORDER_ID}/cancel", {}, f"/orders/{ORDER_ID}"),
    ("/admin/members", f"/admin/members/{OTHER['id']}/suspend", {}, "/admin/members"),
    (f"/admin/orders/{ORDER_ID}", f"/admin/orders/{ORDER_ID}", {}, f"/admin/orders/{ORDER_ID}"),
]


@pytest.fixture
async def refusing(admin, services):
    """A browser whose visitor may send every form, and services that refuse each."""
    shop, member, auth = services.shop, services.member, services.auth
    shop.on("GET", "/api/shop/cart", 200, cart())
    shop.on("GET", "/api/shop/products/celadon-mug", 200, FULL_PRODUCT)
    shop.on("GET", f"/api/shop/orders/{ORDER_ID}", 200, order())
    member.on("GET", "/api/admin/members", 200, {"items": [OTHER], "next": None})
    for method, path in [
        ("POST", "/api/shop/cart/items"),
        ("PUT", f"/api/shop/cart/items/{VARIANT_ID}"),
        ("POST", "/api/shop/orders"),
        ("PATCH", f"/api/shop/orders/{ORDER_ID}"),
    ]:
        shop.refuse(method, path, 409, "quantity-unavailable")
    member.refuse("PATCH", "/api/members/me", 409, "email-taken")
    member.refuse("POST", f"/api/admin/members/{OTHER['id']}/suspend", 409, "last-administrator")
    auth.refuse("POST", "/auth/password", 422, "payload-invalid")
    auth.refuse("POST", "/auth/login", 401, "credentials-invalid")
    form = (await admin.page("/checkout")).form("/checkout")
    await admin.submit(form, ADDRESS | {"payment": "ok"})
    return admin


@pytest.mark.parametrize("sends_referer", [True, False], ids=["referer", "no-referer"])
@pytest.mark.parametrize(("page", "action", "changes", "after"), REFUSED, ids=lambda value: str(value)[:40])
async def test_language_and_theme_can_be_switched_after_a_refused_form(
    refusing, page, action, changes, after, sends_referer
):
    form = (await refusing.page(page)).form(action)
    headers = {"Referer": SITE + page} if sends_referer else {}

    refused = await refusing.submit(form, changes, **headers)
    assert 400 <= refused.status_code < 500
    switched = await refusing.submit(Page(refused.text).form("/preferences"), {"language": "ko"})
    shown = await refusing.http.get(
        switched.headers["location"], headers=refusing.headers({"Accept": HTML}), follow_redirects=True
    )

    assert (shown.status_code, Page(shown.text).language) == (200, "ko")
    assert shown.url.path == (page if sends_referer else after)


def test_every_address_of_a_form_can_be_opened():
    routes = [
        route for feature in FEATURES + SHOP_FEATURES for route in feature.router.routes if isinstance(route, APIRoute)
    ]
    opened = {_shape(route.path) for route in routes if "GET" in (route.methods or ())}
    posted = {_shape(route.path) for route in routes if "POST" in (route.methods or ())} - {REFRESH_PATH}

    assert posted
    assert posted - opened == set()


def _shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("parameter", ["..", "%2f%2felsewhere.example", "%0d%0aX:1", "{order_id}", "%7Bx%7D", "ü"])
async def test_a_forms_address_leads_to_no_other_site(member, parameter):
    response = await member.get(f"/orders/{parameter}/cancel")

    assert response.status_code == 404 or response.headers["location"].startswith("/orders/")
