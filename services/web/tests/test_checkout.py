"""The checkout: one order for one intent, whatever happens on the way."""

from __future__ import annotations

import json

import pytest

from blackbox.pages import Page
from webtests.browser import cookie_lines
from webtests.products import ADDRESS, ORDER_ID, cart, order

CART, ORDERS = "/api/shop/cart", "/api/shop/orders"
TYPED = ADDRESS | {"payment": "ok"}


@pytest.fixture(autouse=True)
def filled_cart(services):
    services.shop.on("GET", CART, 200, cart())


@pytest.fixture
async def review(member):
    """The review page of an order."""
    form = (await member.page("/checkout")).form("/checkout")
    response = await member.submit(form, TYPED)
    assert response.headers["location"] == "/checkout/review"
    return await member.page("/checkout/review")


async def test_the_checkout_is_for_members(browser):
    assert (await browser.get("/checkout")).headers["location"] == "/log-in?next=/checkout"


async def test_an_empty_cart_has_no_checkout(member, services):
    services.shop.on("GET", CART, 200, cart(0))

    assert (await member.get("/checkout")).headers["location"] == "/cart"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipient", ""),
        ("phone", "call me"),
        ("postal_code", "?"),
        ("line1", ""),
        ("city", ""),
        ("country", "XX"),
        ("payment", "gold"),
    ],
)
async def test_an_address_that_lacks_something_says_where(member, field, value):
    form = (await member.page("/checkout")).form("/checkout")

    response = await member.submit(form, TYPED | {field: value})

    assert response.status_code == 422
    assert f"#{field}" in Page(response.text).links


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"postal_code": ""}, "Enter the postal code."),
        ({"postal_code": "100-110"}, "This is not a valid postal code for the chosen country."),
        ({"country": "AE", "postal_code": "00000"}, "The chosen country has no postal codes. Leave this field empty."),
        ({"phone": "call me"}, "Enter a phone number, such as 010-1234-5678."),
        ({"recipient": "\u200b\u3164"}, "Enter the recipient's name."),
    ],
)
async def test_what_is_wrong_with_an_address_is_named(member, changes, message):
    form = (await member.page("/checkout")).form("/checkout")

    response = await member.submit(form, TYPED | changes)

    assert response.status_code == 422
    assert message in Page(response.text).text


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"phone": "(02) 123-4567"}, "서울 종로구 사직로 161 김하루 03045 South Korea 02-123-4567"),
        ({"phone": "+82 2-123-4567 내선 3"}, "서울 종로구 사직로 161 김하루 03045 South Korea 02-123-4567 ext. 3"),
        (
            {"country": "HK", "postal_code": "", "city": "Central", "line1": "1 Queen's Road", "phone": "2123 4567"},
            "김하루 1 Queen's Road Central Hong Kong SAR China 2123 4567",
        ),
        (
            {
                "country": "US",
                "postal_code": "10001",
                "city": "New York, NY",
                "line1": "1 Main St",
                "phone": "+82 2-123-4567",
            },
            "김하루 1 Main St New York, NY, 10001 United States +82 2-123-4567",
        ),
    ],
)
async def test_an_address_is_shown_in_the_order_of_its_country(member, changes, lines):
    form = (await member.page("/checkout")).form("/checkout")
    response = await member.submit(form, TYPED | changes)
    assert response.headers.get("location") == "/checkout/review", Page(response.text).text

    review = await member.page("/checkout/review")

    assert lines in " ".join(review.text.split())


async def test_the_review_shows_the_whole_order(review):
    for words in ("김하루", "사직로 161", "03045", "Celadon mug", "₩48,000", "South Korea"):
        assert words in review.text


async def test_the_address_stays_in_a_cookie_of_the_checkout_alone(member):
    form = (await member.page("/checkout")).form("/checkout")

    line = cookie_lines(await member.submit(form, TYPED))["__Secure-checkout"]

    for attribute in ("Path=/checkout", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=3600"):
        assert f"; {attribute}" in line


async def test_an_order_is_placed_under_the_key_of_its_intent(member, services, review):
    services.shop.on("POST", ORDERS, 201, order("pending"))
    form = review.form("/checkout/place")

    response = await member.submit(form)

    assert response.headers["location"] == f"/orders/{ORDER_ID}?notice=placed"
    assert "Max-Age=0" in cookie_lines(response)["__Secure-checkout"]
    [asked] = services.shop.asked("POST", ORDERS)
    assert asked["headers"]["X-Idempotency-Key"] == form.fields["key"]
    assert asked["json"] == {
        "address": ADDRESS,
        "payment": {"method": "test", "token": "ok"},
        "expected_total": {"amount": 48000, "currency": "KRW"},
        "cart_version": 5,
    }


async def test_a_script_sends_the_same_bytes_as_the_form(member, services, review):
    services.shop.on("POST", ORDERS, 201, order("pending"))
    [attributes] = [attributes for _, attributes in review.tags if "data-order" in attributes]

    await member.submit(review.form("/checkout/place"))

    [asked] = services.shop.asked("POST", ORDERS)
    assert asked["body"].decode() == attributes["data-order"]
    assert json.loads(attributes["data-order"])["cart_version"] == 5


async def test_a_reload_a_step_back_and_another_tab_are_the_same_intent(member, review):
    again = await member.page("/checkout/review")
    form = (await member.page("/checkout")).form("/checkout")
    await member.submit(form)
    stepped_back = await member.page("/checkout/review")

    keys = {page.form("/checkout/place").fields["key"] for page in (review, again, stepped_back)}
    assert len(keys) == 1


async def test_another_address_or_another_cart_is_another_intent(member, services, review):
    form = (await member.page("/checkout")).form("/checkout")
    await member.submit(form, TYPED | {"line1": "세종대로 1"})
    moved = await member.page("/checkout/review")
    services.shop.on("GET", CART, 200, cart(3, version=6))
    changed = await member.page("/checkout/review")

    keys = {page.form("/checkout/place").fields["key"] for page in (review, moved, changed)}
    assert len(keys) == 3


@pytest.mark.parametrize("trouble", ["hang", "cut"])
async def test_an_unknown_outcome_keeps_the_key_for_the_next_attempt(member, services, review, trouble):
    form = review.form("/checkout/place")
    getattr(services.shop, trouble)("POST", ORDERS)

    lost = await member.submit(form)
    assert lost.status_code == 503
    assert "it will be placed only once" in lost.text
    again = Page(lost.text).form("/checkout/place")
    services.shop.on("POST", ORDERS, 201, order("pending"))
    placed = await member.submit(again)

    assert placed.headers["location"] == f"/orders/{ORDER_ID}?notice=placed"
    assert len({request["headers"]["X-Idempotency-Key"] for request in services.shop.asked("POST", ORDERS)}) == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("out-of-stock", "are out of stock"),
        ("price-changed", "A price has changed"),
        ("cart-changed", "Your cart has changed"),
        ("too-many-unpaid-orders", "Pay or cancel one first"),
    ],
)
async def test_a_refused_order_says_why_and_what_is_sent_next_is_another(member, services, review, code, said):
    services.shop.refuse("POST", ORDERS, 409, code)

    response = await member.submit(review.form("/checkout/place"))

    page = Page(response.text)
    assert response.status_code == 409
    assert said in page.text
    assert page.form("/checkout/place").fields["key"] != review.form("/checkout/place").fields["key"]


@pytest.mark.parametrize(("status", "code"), [(409, "cart-empty"), (422, "idempotency-key-reused")])
async def test_what_another_tab_has_placed_is_among_the_orders(member, services, review, status, code):
    services.shop.refuse("POST", ORDERS, status, code)

    assert (await member.submit(review.form("/checkout/place"))).headers["location"] == "/orders"


@pytest.mark.usefixtures("review")
async def test_after_a_response_that_was_lost_the_review_leads_to_the_orders(member, services):
    services.shop.on("GET", CART, 200, cart(0, version=6))

    assert (await member.get("/checkout/review")).headers["location"] == "/orders"


async def test_a_page_older_than_the_draft_is_looked_at_again_first(member, services, review):
    form = (await member.page("/checkout")).form("/checkout")
    await member.submit(form, TYPED | {"line1": "세종대로 1"})

    response = await member.submit(review.form("/checkout/place"))

    assert response.headers["location"] == "/checkout/review"
    assert not services.shop.asked("POST", ORDERS)


@pytest.mark.parametrize("invalid", ["", "x", "bm90IGpzb24", "e30"])
async def test_a_spoilt_draft_begins_again(member, invalid):
    member.http.cookies.set("__Secure-checkout", invalid, path="/checkout")

    assert (await member.get("/checkout/review")).headers["location"] == "/checkout"


async def test_while_shop_is_unavailable_nothing_is_placed_and_the_page_says_so(member, services, review):
    await services.shop.stop()

    response = await member.submit(review.form("/checkout/place"))

    assert response.status_code == 503
    assert "it will be placed only once" in response.text
