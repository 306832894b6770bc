"""What scripts add: pages that follow the hand without a reload, and take back what the shop refuses."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from browsing.shopper import Shopper
from browsing.watch import Watch


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


def test_a_quantity_that_the_shop_refuses_is_taken_back(shopper: Shopper, watch: Watch):
    watch.expected = ("status of 409",)
    shopper.fill_cart()
    page = shopper.go("/cart")
    quantity, total = page.get_by_role("spinbutton"), page.locator("[data-cart-total]")
    before = total.inner_text()
    mark(page)

    quantity.fill("99")
    page.keyboard.press("Enter")

    expect(page.get_by_text("There are not that many left.")).to_be_visible()
    expect(quantity).to_have_value("1")
    expect(total).to_have_text(before)
    assert is_still_there(page)


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
