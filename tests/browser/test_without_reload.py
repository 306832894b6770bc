"""What scripts add: pages that follow the hand without a reload, and take back what the shop refuses."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from browsing.shopper import Shopper
from browsing.watch import Watch

PHONE = {"width": 390, "height": 844}


def mark(page: Page) -> None:
    """Leave something in the page that a reload would lose."""
    page.evaluate("() => { globalThis.marked = true }")


def is_still_there(page: Page) -> bool:
    """Whether the page is the one that was marked."""
    return bool(page.evaluate("() => globalThis.marked === true"))


def test_the_list_follows_what_is_typed(shopper: Shopper):
    page = shopper.go("/products")
    name = page.locator("[data-shelf] .card-name").first.inner_text()
    mark(page)

    page.get_by_role("searchbox", name="Search products").fill(name)

    expect(page).to_have_url(re.compile(r"[?&]q="))
    expect(page.locator("[data-shelf] .card-name").first).to_have_text(name)
    assert is_still_there(page)


def test_the_filters_follow_what_is_typed(shopper: Shopper):
    page = shopper.go("/products")
    counts = page.locator("[data-categories] [data-count]")
    before = counts.all_inner_texts()
    sort = page.get_by_role("main").get_by_label("Sort by")
    expect(sort).to_have_value("newest")
    name = page.locator("[data-shelf] .card-name").first.inner_text()
    mark(page)

    page.get_by_role("searchbox", name="Search products").fill(name)

    expect(page.get_by_role("heading", level=1)).to_have_text(f"Search for “{name}”")
    expect(page).to_have_title(re.compile(re.escape(name)))
    expect(sort).to_have_value("relevance")
    assert counts.all_inner_texts() != before
    found = int(re.sub(r"\D", "", page.locator("[data-found]").inner_text()))
    assert sum(int(count) for count in counts.all_inner_texts()) == found

    page.get_by_role("searchbox", name="Search products").fill("")

    expect(page.get_by_role("heading", level=1)).to_have_text("Products")
    expect(sort).to_have_value("newest")
    expect(counts).to_have_text(before)
    assert is_still_there(page)


def test_a_chosen_category_is_the_heading(shopper: Shopper):
    page = shopper.go("/products")
    choice = page.locator("[data-categories] label").nth(1)
    name = choice.locator("[data-name]").inner_text()
    mark(page)

    choice.click()

    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("link", name="Clear filters")).to_be_visible()
    assert is_still_there(page)


def test_more_products_are_added_to_those_that_are_shown(shopper: Shopper):
    page = shopper.go("/products")
    cards = page.locator("[data-shelf] .card-name")
    before = cards.all_inner_texts()
    mark(page)

    page.get_by_role("link", name="More products").click()

    expect(cards).not_to_have_count(len(before))
    after = cards.all_inner_texts()
    assert after[: len(before)] == before
    assert len(set(after)) == len(after)
    expect(page.locator("[data-shelf] .card-link").nth(len(before))).to_be_focused()
    assert is_still_there(page)


def test_a_price_that_is_none_is_not_sent(shopper: Shopper):
    page = shopper.go("/products")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    price = page.get_by_role("main").get_by_label("From", exact=True)

    price.fill("abc")
    expect(page.get_by_text("Enter a price in digits, such as 20000.")).to_be_visible()
    assert [url for url in requests if "/api/shop/" in url] == []

    price.fill("20,000")
    expect(page).to_have_url(re.compile(r"min_price=20000"))
    expect(price).not_to_have_attribute("aria-invalid", "true")


def test_a_quantity_that_the_shop_refuses_is_taken_back(shopper: Shopper, watch: Watch):
    watch.expected = ("status of 409",)
    shopper.fill_cart()
    page = shopper.go("/cart")
    quantity, total = page.get_by_role("spinbutton"), page.locator("[data-cart-total]")
    before = total.inner_text()
    mark(page)

    quantity.fill("99")
    page.keyboard.press("Enter")

    expect(page.locator("[data-line-error]")).to_contain_text("Your cart still holds 1.")
    expect(page.locator("[data-line-error]")).to_be_in_viewport()
    expect(quantity).to_have_value("1")
    expect(total).to_have_text(before)
    assert is_still_there(page)


@pytest.mark.parametrize("typed", ["500", "0", "", "1.5"])
def test_a_quantity_that_is_none_is_named_and_taken_back(shopper: Shopper, typed: str):
    shopper.fill_cart()
    page = shopper.go("/cart")
    quantity, total = page.get_by_role("spinbutton"), page.locator("[data-cart-total]")
    before = total.inner_text()

    quantity.fill(typed)
    quantity.blur()

    expect(page.locator("[data-line-error]")).to_have_text("Enter a quantity from 1 to 99. Your cart still holds 1.")
    expect(quantity).to_have_value("1")
    expect(total).to_have_text(before)


def test_on_a_phone_the_response_is_seen_where_the_button_is(new_shopper):
    shopper: Shopper = new_shopper(viewport=PHONE)
    shopper.choose_product()
    button = shopper.page.get_by_role("button", name="Add to cart")
    button.scroll_into_view_if_needed()

    button.click()

    expect(shopper.page.get_by_text("Added to your cart.")).to_be_in_viewport()


def test_without_a_connection_something_is_said_at_once(new_shopper, watch: Watch):
    watch.expected = ("net::ERR_",)
    shopper: Shopper = new_shopper(viewport=PHONE)
    shopper.choose_product()
    requests: list[str] = []

    def lose(route: Route) -> None:
        requests.append(route.request.url)
        route.abort("internetdisconnected")

    shopper.page.route("**/api/shop/cart/items", lose)
    shopper.press("Add to cart")

    expect(shopper.page.get_by_text("No response yet.")).to_be_in_viewport()
    assert len(requests) == 1, "it is said before the second attempt"


@pytest.mark.parametrize(
    ("path", "label", "typed", "said"),
    [
        ("/products/{product}", "수량", "0", "1에서 99 사이의 수량을 입력해 주세요."),
        ("/products", "최저 가격", "abc", "가격을 숫자로 입력해 주세요. 예: 20000"),
        ("/log-in", "이메일 주소", "", "이메일 주소를 입력해 주세요."),
        ("/log-in", "이메일 주소", "ada", "name@example.com과 같은 이메일 주소를 입력해 주세요."),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_the_pages_language(new_shopper, path, label, typed, said):
    """The browser's own bubbles are in the browser's language, here English."""
    shopper: Shopper = new_shopper()
    shopper.choose_product()
    product = shopper.page.url.rpartition("/")[2]
    shopper.context.add_cookies([{"name": "lang", "value": "ko", "url": shopper.base_url}])
    page = shopper.go(path.format(product=product))
    field = page.get_by_role("main").get_by_label(label, exact=True)

    field.fill(typed)
    field.press("Enter")

    expect(page.get_by_text(said)).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()


def test_hasty_changes_end_with_the_last_one(shopper: Shopper):
    shopper.fill_cart()
    page = shopper.go("/cart")
    quantity = page.get_by_role("spinbutton")

    for wanted in range(2, 7):
        quantity.fill(str(wanted))
        page.keyboard.press("Enter")

    expect(page.locator("[data-cart-count]")).to_have_text("6")
    page.reload()
    expect(quantity).to_have_value("6")
