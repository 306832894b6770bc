"""Whatever a client sends, web responds with a page or a refusal, never with 5xx."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_web.catalogue.search import Search
from platform_web.visitor import form_token
from platform_web.visitor.cookies import cookie_values, read_cookies
from platform_web.visitor.preferences import LANGUAGES, language_of
from platform_web.visitor.urls import is_safe_path, is_within, login_url, safe_redirect_path, url_of_referer
from webtests.browser import HTML, SITE
from webtests.products import ADDRESS, FULL_PRODUCT, ORDER_ID, PAGE, VARIANT_ID, cart, order
from webtests.services import MEMBER, MEMBER_ID

DRAFT_COOKIE = "__Secure-checkout"
OTHER_ID = "01990000-0000-7000-8000-000000000002"


@pytest.fixture(autouse=True)
def stocked_shop(services):
    services.shop.on("GET", "/api/shop/cart", 200, cart())


def encoded_draft(**changes: Any) -> str:
    draft = {"owner": MEMBER_ID, "address": ADDRESS, "payment": "ok", "cart_version": 5, "key": "k" * 32} | changes
    return base64.urlsafe_b64encode(json.dumps(draft).encode()).decode()


@pytest.mark.parametrize("quantity", ["0001" + "0" * 5000, "1" * 5000, "٣", "²", "1e3", "+1", " 1", "-1", "0x1", ""])
async def test_a_quantity_that_is_no_small_number_is_refused(browser, services, quantity):
    form = (await browser.page("/cart")).form(f"/cart/items/{VARIANT_ID}")

    response = await browser.submit(form, {"quantity": quantity})

    assert response.status_code == 422
    assert not services.shop.asked("PUT", f"/api/shop/cart/items/{VARIANT_ID}")


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "//[", "http://a]b", "x" * 3000, "\\\\elsewhere", "%"])
async def test_a_form_without_a_session_leads_to_the_log_in_whatever_the_referer(browser, referer):
    form = (await browser.page("/log-in")).form("/log-in")
    form.action = "/account/sessions/end-all"

    response = await browser.submit(form, {}, Referer=referer)

    assert response.headers["location"].startswith("/log-in?next=/")


@pytest.mark.parametrize("origin", ["http://[", f"{SITE}]", "null", "http://[::1", "\xff"])
async def test_an_origin_that_is_no_url_is_refused(browser, origin):
    response = await browser.http.post("/session/refresh", headers=[(b"Origin", origin.encode("latin-1"))])

    assert response.status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "x\r\nX-Injected: 1" + "y" * 16},
        {"key": ""},
        {"key": "x" * 65},
        {"payment": "%(x)s"},
        {"payment": "100%"},
        {"payment": "<script>x</script>"},
        {"cart_version": -1},
        {"cart_version": 2**70},
        {"address": {**ADDRESS, "line1": "\ud800"}},
    ],
    ids=lambda changes: ascii(changes)[:40],
)
@pytest.mark.parametrize("path", ["/checkout", "/checkout/review"])
async def test_a_draft_that_is_not_ours_counts_as_none(member, services, changes, path):
    services.shop.on("POST", "/api/shop/orders", 500)
    member.http.cookies.set(DRAFT_COOKIE, encoded_draft(**changes), path="/checkout")

    response = await member.get(path)
    placed = await member.http.post("/checkout/place", headers={"Accept": HTML})

    assert response.status_code in {200, 303}
    assert ADDRESS["recipient"] not in response.text
    assert placed.status_code < 500
    assert not services.shop.asked("POST", "/api/shop/orders")


NASTY = [
    "",
    " ",
    "\x00",
    "\r\nX-Injected: 1",
    "%(x)s %s %",
    "{0} {x}",
    "<script>alert(1)</script>",
    "'\"--",
    "-1",
    "0" * 5000 + "1",
    "9" * 400,
    "1e999",
    "NaN",
    "٣",
    "²",
    "\ud7ff\ue000\U0010ffff",
    "\u202e\u200b\u3164",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "http://[",
    "../../etc/passwd",
    "x" * 20_000,
]
RAW = [value.encode() for value in NASTY] + [b"\xff\xfe", b"%ed%a0%80", b"=;=;", b'"', b"\t", b"\x01\x1f\x7f"]
PAGES = [
    ("/log-in", "/log-in"),
    ("/sign-up", "/sign-up"),
    ("/cart", "/preferences"),
    ("/products/celadon-mug", "/cart/items"),
    ("/cart", f"/cart/items/{VARIANT_ID}"),
    ("/checkout", "/checkout"),
    ("/checkout/review", "/checkout/place"),
    (f"/orders/{ORDER_ID}", f"/orders/{ORDER_ID}/cancel"),
    ("/account", "/account/profile"),
    ("/account/password", "/account/password"),
    ("/account/delete", "/account/delete"),
    ("/admin/members", f"/admin/members/{OTHER_ID}/suspend"),
    (f"/admin/orders/{ORDER_ID}", f"/admin/orders/{ORDER_ID}"),
]
QUERIED = ["/products", "/cart", "/orders", "/log-in", "/admin/members", "/admin/orders"]
VISITED = ["/cart", "/checkout/review", "/problems/not-found"]
QUERY = ["q", "category", "min_price", "max_price", "in_stock", "sort", "cursor", "state", "notice", "next", "again"]
COOKIES = [
    "__Host-access",
    "__Host-refresh",
    "__Host-form",
    "__Host-cart",
    "__Secure-checkout",
    "__Host-lang",
    "__Host-theme",
]
HEADERS = ["Referer", "Origin", "Accept-Language", "User-Agent", "Sec-Fetch-Site", "Content-Type", "Accept"]
HEADERS += ["If-None-Match", "X-Request-ID", "Authorization", "Host"]


@pytest.fixture
async def shopping(admin, services):
    """A browser whose visitor may see every page, has a draft, and whose services do what they are asked to."""
    order_path = f"/api/shop/orders/{ORDER_ID}"
    for method, path, status, body in [
        ("GET", "/api/shop/products", 200, PAGE),
        ("GET", "/api/shop/products/celadon-mug", 200, FULL_PRODUCT),
        ("POST", "/api/shop/cart/items", 200, cart()),
        ("PUT", f"/api/shop/cart/items/{VARIANT_ID}", 200, cart()),
        ("GET", "/api/shop/orders", 200, {"items": [order()], "next": None}),
        ("GET", order_path, 200, order()),
        ("POST", "/api/shop/orders", 201, order()),
        ("PATCH", order_path, 200, order()),
    ]:
        services.shop.on(method, path, status, body)
    services.member.on("GET", "/api/admin/members", 200, {"items": [MEMBER | {"id": OTHER_ID}], "next": None})
    services.member.on("PATCH", "/api/members/me", 200, MEMBER)
    admin.http.cookies.set(DRAFT_COOKIE, encoded_draft(), path="/checkout")
    return admin


@pytest.mark.parametrize(("page", "action"), PAGES)
async def test_no_form_field_makes_a_server_error(shopping, page, action):
    if page in {"/log-in", "/sign-up"}:
        shopping.token = None
    form = (await shopping.page(page)).form(action)
    assert form.fields

    for field in form.fields:
        for value in NASTY:
            shopping.http.cookies.set(DRAFT_COOKIE, encoded_draft(), path="/checkout")
            response = await shopping.submit(form, {field: value})
            assert response.status_code < 500, (field, value[:40])
            assert "\n" not in response.headers.get("location", "")


@pytest.mark.parametrize("path", QUERIED)
async def test_no_query_makes_a_server_error(shopping, path):
    for name in QUERY:
        for value in RAW:
            response = await shopping.get(f"{path}?{name}={quote(value)}")
            assert response.status_code < 500, (name, value[:40])
            assert not response.headers.get("location", "/").startswith(("//", "/\\", "http"))


@pytest.mark.parametrize("name", COOKIES)
async def test_no_cookie_makes_a_server_error(shopping, name):
    for path in VISITED:
        for value in RAW:
            # A server refuses line breaks and NUL in a header before web sees it.
            line = name.encode() + b"=" + re.sub(rb"[\r\n\x00]", b"", value)
            response = await shopping.http.get(path, headers=[*_as_bytes(shopping.headers({})), (b"Cookie", line)])
            assert response.status_code < 500, (path, value[:40])


@pytest.mark.parametrize("name", HEADERS)
async def test_no_header_makes_a_server_error(shopping, name):
    form = (await shopping.page("/cart")).form(f"/cart/items/{VARIANT_ID}")
    for value in RAW:
        line = (name.encode(), re.sub(rb"[\r\n\x00]", b"", value))
        given = [pair for pair in _as_bytes(shopping.headers({})) if pair[0].lower() != name.lower().encode()]
        for method, path in [("GET", "/products"), ("GET", "/cart"), ("POST", "/session/refresh")]:
            response = await shopping.http.request(method, path, headers=[*given, line])
            assert response.status_code < 500, (path, value[:40])
        response = await shopping.http.post(form.action, data=form.fields, headers=[*given, line])
        assert response.status_code < 500, value[:40]


def _as_bytes(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


@given(st.dictionaries(st.sampled_from(QUERY), st.text()))
def test_every_search_of_an_address_can_be_shown_and_asked_for(query):
    search = Search.from_query(query)

    assert search.url().startswith("/products")
    assert Search.from_query(dict(parse_qsl(search.url().partition("?")[2]))).category == search.category


@given(st.text(), st.text())
def test_every_preference_and_place_has_a_meaning(text, other):
    assert language_of(text, other) in LANGUAGES
    assert is_safe_path(safe_redirect_path(text))
    assert url_of_referer(text, other) is None or is_safe_path(url_of_referer(text, other) or "")
    assert is_within(login_url(text), "/log-in")


@given(st.lists(st.text(st.characters(max_codepoint=255))))
def test_every_line_of_cookies_can_be_read(lines):
    cookies = read_cookies(lines)

    assert all(cookie_values(lines, name) in {(value,), ()} for name, value in cookies.items())


@given(st.text(), st.text(), st.text())
def test_no_token_is_good_by_chance(token, secret, holder):
    assert not form_token.is_token_of(token, secret, holder)
