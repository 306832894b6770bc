"""The whole shop, as someone walks through it: once with scripts, once without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from blackbox.waiting import eventually
from browsing.shopper import Shopper
from browsing.watch import Watch


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def anyone(request, new_shopper) -> Shopper:
    """A person whose browser runs scripts, or does not."""
    return new_shopper(scripted=request.param)


def test_from_the_front_page_to_an_order_and_out_again(anyone: Shopper):
    page = anyone.go("/")
    anyone.follow("See all products")
    name = anyone.choose_product()
    anyone.put_into_cart()

    page.locator("[data-cart-link]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cart")
    expect(page.locator("[data-line]")).to_have_count(1)
    expect(page.locator("[data-line]")).to_contain_text(name)

    anyone.follow("Go to checkout")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    anyone.follow("Create an account")
    anyone.sign_up()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delivery address")
    anyone.give_address()
    expect(page.get_by_role("main")).to_contain_text(name)
    order_id = anyone.place_order()

    assert [order["id"] for order in anyone.orders()] == [order_id]
    eventually(lambda: has_come_to(anyone, order_id, "paid"), "the payment arrives")
    expect(page.locator(".timeline li")).to_have_count(2)
    anyone.go("/orders")
    expect(page.get_by_role("main")).to_contain_text(name)

    anyone.log_out()
    anyone.go(f"/orders/{order_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    anyone.log_in()
    expect(page).to_have_url(re.compile(order_id))


def has_come_to(person: Shopper, order_id: str, state: str) -> bool:
    """Whether the order's own page says that it is in `state`."""
    person.go(f"/orders/{order_id}")
    return state in person.page.get_by_role("heading", level=1).inner_text()


def test_search_and_facets_are_in_the_address(anyone: Shopper):
    page = anyone.go("/products")
    name = page.locator("[data-shelf] .card-name").first.inner_text()
    word = max(name.split(), key=len)

    anyone.page.get_by_role("searchbox", name="Search products").fill(word)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]q="))
    expect(page.locator("[data-shelf]")).to_contain_text(name)

    facet = page.locator("input[name=category]:not([value=''])")
    slug = facet.first.get_attribute("value")
    anyone.go("/products")
    page.locator(f"input[name=category][value={slug}]").check()
    anyone.press("Apply")
    expect(page).to_have_url(re.compile(rf"category={slug}"))
    shown = page.locator("[data-shelf] .card-name").all_inner_texts()
    page.reload()
    assert page.locator("[data-shelf] .card-name").all_inner_texts() == shown


def test_a_later_page_leads_back_to_the_first(new_shopper):
    shopper: Shopper = new_shopper(scripted=False)
    page = shopper.go("/products")
    first = page.locator("[data-shelf] .card-name").all_inner_texts()

    shopper.follow("More products")
    expect(page).to_have_url(re.compile("cursor="))
    shopper.follow("Back to the first page")

    assert page.locator("[data-shelf] .card-name").all_inner_texts() == first


def test_quantities_change_and_lines_go(anyone: Shopper):
    anyone.fill_cart()
    page = anyone.go("/cart")
    quantity = page.get_by_role("spinbutton")
    before = page.locator("[data-cart-total]").inner_text()

    quantity.fill("2")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cart-total]")).not_to_have_text(before)
    expect(page.locator("[data-cart-count]")).to_have_text("2")
    page.reload()
    expect(quantity).to_have_value("2")

    page.get_by_role("button", name=re.compile("^Remove ")).click()
    expect(page.get_by_text("Your cart is empty.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Your cart is empty.")).to_be_visible()


def test_a_quantity_that_is_refused_says_how_many_are_left(new_shopper, watch: Watch):
    watch.expected = ("status of 409",)
    shopper: Shopper = new_shopper(scripted=False)
    shopper.fill_cart()
    page = shopper.go("/cart")
    quantity = page.get_by_role("spinbutton")

    quantity.fill("99")
    shopper.press("Update")

    expect(page.locator("[data-line-error]")).to_contain_text("Your cart still holds 1.")
    expect(quantity).to_have_value("99")
    expect(quantity).to_be_focused()


def test_a_wrong_form_says_what_is_wrong_at_its_field(anyone: Shopper, watch: Watch):
    watch.expected = ("status of 422",)
    page = anyone.go("/sign-up")
    anyone.write("Name", "Ada")
    anyone.write("E-mail address", "ada@example.com")
    anyone.write("Password", "password")
    anyone.press("Create an account")

    field = page.get_by_role("main").get_by_label("Password", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#password-error")).not_to_be_empty()
    expect(page.get_by_role("main").get_by_label("E-mail address", exact=True)).to_have_value("ada@example.com")


def test_what_is_not_there_helps_to_get_on(anyone: Shopper, watch: Watch):
    watch.expected = ("status of 404",)
    page = anyone.go("/products/no-such-thing")

    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    anyone.follow("All products")
    expect(page.get_by_role("heading", level=1)).to_have_text("Products")
