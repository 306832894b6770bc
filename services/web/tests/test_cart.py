"""The cart without JavaScript."""

from __future__ import annotations

import pytest

from blackbox.pages import Page
from webtests.browser import cookie_lines
from webtests.products import FULL_PRODUCT, VARIANT, VARIANT_ID, cart
from webtests.services import MEMBER

CART, ITEMS = "/api/shop/cart", "/api/shop/cart/items"
COOKIE = "__Host-cart=abc.def; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"


@pytest.fixture
async def form(browser, services):
    services.shop.on("GET", "/api/shop/products/celadon-mug", 200, FULL_PRODUCT)
    services.shop.on("GET", CART, 200, cart())
    return (await browser.page("/products/celadon-mug")).form("/cart/items")


async def test_something_is_put_in_once_for_one_form_and_the_cart_is_shown(browser, services, form):
    services.shop.on("POST", ITEMS, 200, cart(), Set_Cookie=COOKIE)

    first, second = [await browser.submit(form, {"quantity": "2"}) for _ in range(2)]

    assert first.headers["location"] == second.headers["location"] == "/cart?notice=added"
    asked = services.shop.asked("POST", ITEMS)
    assert {request["headers"]["X-Idempotency-Key"] for request in asked} == {form.fields["key"]}
    assert asked[0]["json"] == {"variant_id": VARIANT_ID, "quantity": 2}


async def test_the_shops_cookie_goes_to_the_browser_and_back_and_no_other_does(browser, services, form):
    services.shop.on("POST", ITEMS, 200, cart(), Set_Cookie=COOKIE)
    lines = cookie_lines(await browser.submit(form))
    assert lines == {"__Host-cart": COOKIE}

    await browser.page("/cart")
    assert services.shop.asked("GET", CART)[-1]["headers"]["Cookie"] == "__Host-cart=abc.def"

    services.shop.on("POST", ITEMS, 200, cart(), Set_Cookie="__Host-access=stolen; Path=/; Secure")
    assert not cookie_lines(await browser.submit(form))


def has_badge(page: Page) -> bool:
    [badge] = [attributes for _, attributes in page.tags if "data-cart-count" in attributes]
    return "hidden" not in badge


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize(
    "path",
    ["/", "/products/celadon-mug", "/cart", "/log-in", "/sign-up", "/problems", "/nothing"],
)
async def test_every_page_shows_how_much_is_in_the_cart(browser, path):
    browser.http.cookies.set("__Host-cart", "abc.def")

    page = Page((await browser.get(path)).text)

    assert has_badge(page)
    assert "Cart 2" in page.text


@pytest.mark.parametrize("path", ["/account", "/account/password", "/account/sessions", "/account/delete", "/checkout"])
async def test_a_members_pages_show_how_much_is_in_the_cart(member, services, path):
    services.auth.on("GET", "/auth/sessions", 200, {"items": []})
    services.shop.on("GET", CART, 200, cart())

    assert has_badge(await member.page(path))


@pytest.mark.parametrize("path", ["/admin/members", "/admin/orders"])
async def test_an_administrators_pages_show_how_much_is_in_the_cart(admin, services, path):
    services.shop.on("GET", CART, 200, cart())
    services.shop.on("GET", "/api/shop/orders", 200, {"items": [], "next": None})
    services.member.on("GET", "/api/admin/members", 200, {"items": [], "next": None})

    assert has_badge(await admin.page(path))


async def test_a_refused_log_in_still_shows_how_much_is_in_the_cart(browser, services):
    services.shop.on("GET", CART, 200, cart())
    services.auth.refuse("POST", "/auth/login", 401, "credentials-invalid")
    browser.http.cookies.set("__Host-cart", "abc.def")
    form = (await browser.page("/log-in")).form("/log-in")

    response = await browser.submit(form, {"email": "a@example.com", "password": "x"})

    assert has_badge(Page(response.text))


async def test_a_page_does_not_depend_on_the_number_at_the_cart(browser, services):
    services.shop.hang("GET", CART)
    browser.http.cookies.set("__Host-cart", "abc.def")

    assert not has_badge(await browser.page("/log-in"))


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (404, "variant-not-found", "This product is no longer available"),
        (409, "cart-full", "Your cart is full"),
        (429, "too-many-carts", "Too many carts"),
        (429, "too-many-requests", "Too many attempts"),
    ],
)
async def test_what_cannot_be_had_is_said_on_the_cart(browser, services, form, status, code, said):
    services.shop.refuse("POST", ITEMS, status, code)

    response = await browser.submit(form)

    assert response.status_code == status
    assert said in Page(response.text).text


@pytest.mark.parametrize(
    ("available", "said"),
    [
        (0, "This is sold out"),
        (3, "Only 3 left. This includes the quantity already in your cart."),
        (10, "Not enough in stock"),
    ],
)
async def test_a_refused_addition_shows_the_product_with_what_was_typed_and_the_number_that_is_left(
    browser, services, form, available, said
):
    services.shop.refuse("POST", ITEMS, 409, "quantity-unavailable")
    variant = VARIANT | {"available": available}
    services.shop.on("GET", "/api/shop/products/celadon-mug", 200, FULL_PRODUCT | {"variants": [variant]})

    response = await browser.submit(form, {"quantity": "42"})

    page = Page(response.text)
    assert response.status_code == 409
    assert said in page.text
    again = page.form("/cart/items").fields
    assert (again["quantity"], again["variant_id"]) == ("42", VARIANT_ID)
    assert again["key"] != form.fields["key"], "what is sent next is another intent"
    assert page.form("/preferences").fields["back"] == "/products/celadon-mug"


async def test_a_refused_addition_without_a_product_is_said_on_the_cart(browser, services, form):
    services.shop.refuse("POST", ITEMS, 409, "quantity-unavailable")

    response = await browser.submit(form, {"slug": "../account"})

    assert response.status_code == 409
    assert "Not enough in stock" in Page(response.text).text


@pytest.mark.parametrize("changes", [{"quantity": "0"}, {"quantity": "x"}, {"quantity": "1000"}, {"variant_id": "x"}])
async def test_nonsense_is_not_sent_to_the_shop(browser, services, form, changes):
    assert (await browser.submit(form, changes)).status_code == 422
    assert not services.shop.asked("POST", ITEMS)


@pytest.mark.usefixtures("form")
async def test_quantities_are_changed_and_lines_removed(browser, services):
    path = f"{ITEMS}/{VARIANT_ID}"
    services.shop.on("PUT", path, 200, cart(3))
    page = await browser.page("/cart")
    update, remove = [f for f in page.forms if f.action == f"/cart/items/{VARIANT_ID}"]

    changed = await browser.submit(update, {"quantity": "3"})
    removed = await browser.submit(remove)

    assert changed.headers["location"] == "/cart?notice=cart-updated"
    assert removed.headers["location"] == "/cart?notice=removed"
    assert [request["json"]["quantity"] for request in services.shop.asked("PUT", path)] == [3, 0]
    assert update.fields["key"] != remove.fields["key"]


def quantity_field(page: Page) -> dict[str, str]:
    [field] = [a for tag, a in page.tags if tag == "input" and a.get("type") == "number"]
    return field


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("typed", ["100", "", "two", "-1"])
async def test_a_quantity_that_is_none_stays_in_its_field_with_the_reason(browser, services, typed):
    update, _ = [f for f in (await browser.page("/cart")).forms if f.action == f"/cart/items/{VARIANT_ID}"]

    response = await browser.submit(update, {"quantity": typed})

    page = Page(response.text)
    assert response.status_code == 422
    assert "Enter a quantity from 1 to 99. Your cart still holds 2." in page.text
    assert quantity_field(page)["value"] == typed
    assert not services.shop.asked("PUT", f"{ITEMS}/{VARIANT_ID}")


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize(
    ("available", "said"),
    [(3, "Only 3 left."), (10, "Not enough in stock."), (0, "This is sold out.")],
)
async def test_a_refused_quantity_stays_in_its_field_with_the_number_that_is_left(browser, services, available, said):
    services.shop.refuse("PUT", f"{ITEMS}/{VARIANT_ID}", 409, "quantity-unavailable")
    full = cart()
    full["items"][0]["available"] = available
    services.shop.on("GET", CART, 200, full)
    update, _ = [f for f in (await browser.page("/cart")).forms if f.action == f"/cart/items/{VARIANT_ID}"]

    response = await browser.submit(update, {"quantity": "42"})

    page = Page(response.text)
    assert response.status_code == 409
    assert said in page.text
    assert "Your cart still holds 2." in page.text
    field = quantity_field(page)
    assert (field["value"], field["aria-invalid"]) == ("42", "true")


async def test_a_line_that_is_short_names_a_number_only_where_it_is_public(browser, services):
    short = cart(15)
    short["items"][0] |= {"available": 10, "in_stock": False}
    services.shop.on("GET", CART, 200, short)

    page = await browser.page("/cart")

    assert "Not enough in stock" in page.text
    assert "Only 10 left" not in page.text


async def test_an_empty_cart_leads_to_the_products(browser, services):
    services.shop.on("GET", CART, 200, cart(0))

    page = await browser.page("/cart")

    assert "Your cart is empty" in page.text


async def test_while_shop_is_unavailable_the_cart_says_that_nothing_is_lost(browser, services):
    await services.shop.stop()

    response = await browser.get("/cart")

    assert response.status_code == 503
    assert "Its contents are safe" in response.text


async def test_a_log_in_moves_the_anonymous_cart_into_the_members(browser, services, tokens):
    services.auth.on("POST", "/auth/login", 200, tokens | {"member": MEMBER})
    services.shop.on("GET", CART, 200, cart())
    browser.http.cookies.set("__Host-cart", "abc.def")
    login = (await browser.page("/log-in?next=/cart")).form("/log-in")

    response = await browser.submit(login, {"email": "ada@example.com", "password": "x"})

    asked = services.shop.asked("GET", CART)[-1]
    assert asked["headers"]["Cookie"] == "__Host-cart=abc.def"
    assert asked["headers"]["Authorization"] == f"Bearer {tokens['access_token']}"
    assert "Max-Age=0" in cookie_lines(response)["__Host-cart"]


async def test_a_log_in_while_shop_is_unavailable_loses_no_line(browser, services, tokens):
    services.auth.on("POST", "/auth/login", 200, tokens | {"member": MEMBER})
    browser.http.cookies.set("__Host-cart", "abc.def")
    login = (await browser.page("/log-in")).form("/log-in")
    await services.shop.stop()

    response = await browser.submit(login, {"email": "ada@example.com", "password": "x"})

    assert response.status_code == 303
    assert "__Host-cart" not in cookie_lines(response), "the cookie stays for the next look at the cart"
