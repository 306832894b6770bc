"""Two members use one browser, one after the other: neither sees, uses or ends what is the other's."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from browsing.shopper import ADDRESS, Shopper

TYPED = [ADDRESS[label] for label in ("Recipient", "Phone", "Street address")]
REFUSED = ("status of 401", "status of 403")


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def first(new_shopper, request) -> Shopper:
    """A member on the review of an order."""
    person: Shopper = new_shopper(scripted=request.param)
    person.come_to_review() if request.param else come_to_review_without_scripts(person)
    return person


def come_to_review_without_scripts(person: Shopper) -> None:
    person.go("/sign-up")
    person.sign_up()
    person.choose_product()
    person.press("Add to cart")
    person.go("/checkout")
    person.give_address()


def next_member(person: Shopper) -> Shopper:
    """Log out in a new tab of the same browser, and sign up as another member there."""
    other = Shopper(person.context, person.base_url)
    other.log_out()
    other.go("/sign-up")
    other.sign_up()
    return other


def see_nothing_of(page: Page) -> None:
    text = page.content()
    assert [word for word in TYPED if word in text] == []


def test_an_address_is_gone_with_its_member(first: Shopper):
    first.log_out()
    for _ in range(2):
        first.page.go_back()
        see_nothing_of(first.page)

    second = Shopper(first.context, first.base_url)
    second.go("/sign-up")
    second.sign_up()
    second.choose_product()
    second.press("Add to cart")
    expect(second.page.get_by_text("Added to your cart.")).to_be_visible()
    second.go("/checkout")

    for label in ADDRESS:
        expect(second.page.get_by_role("main").get_by_label(label, exact=True)).to_have_value("")
    see_nothing_of(second.page)
    assert [cookie["name"] for cookie in first.context.cookies() if cookie["name"].endswith("checkout")] == []


def test_a_page_that_was_left_open_orders_nothing_for_the_next_member(first: Shopper, watch):
    watch.expected = REFUSED
    second = next_member(first)
    second.choose_product()
    second.press("Add to cart")
    expect(second.page.get_by_text("Added to your cart.")).to_be_visible()

    first.press("Place order")

    expect(first.page.get_by_role("heading", level=1)).to_have_text("This page is out of date")
    assert second.orders() == []


def test_a_page_that_was_left_open_ends_no_session_of_the_next_member(first: Shopper, watch):
    watch.expected = REFUSED
    first.go("/account/sessions")
    second = next_member(first)

    first.press("Log out everywhere")

    expect(first.page.get_by_role("heading", level=1)).to_have_text("This page is out of date")
    second.go("/account")
    assert second.is_logged_in()


def test_an_address_that_was_typed_while_the_session_expired_is_there_after_the_log_in(first: Shopper):
    first.go("/checkout")
    first.write("Street address", "Sajik-ro 161")
    for name in ("access", "refresh"):
        first.context.clear_cookies(name=name)
    first.press("Continue to review")

    expect(first.page.get_by_text("Log in to continue with your order.")).to_be_visible()
    see_nothing_of(first.page)
    first.log_in()

    expect(first.page.get_by_label("Street address")).to_have_value("Sajik-ro 161")
    first.press("Continue to review")
    expect(first.page.get_by_role("heading", level=1)).to_have_text("Review your order")


def test_the_language_can_be_switched_after_a_refused_form(first: Shopper, watch):
    watch.expected = ("status of 422",)
    first.go("/account")
    first.write("E-mail address", "ada@example")
    first.press("Save")

    expect(first.page.get_by_role("alert")).to_be_visible()
    first.press("한국어")

    expect(first.page.get_by_role("heading", level=1)).to_have_text("프로필")
    expect(first.page).to_have_url(re.compile(r"/account$"))


def test_a_pasted_password_is_never_cut(new_shopper, watch):
    watch.expected = ("status of 422",)
    person: Shopper = new_shopper()
    person.go("/sign-up")
    person.account = replace(person.account, password="a sentence that goes on and on and on; " * 8)
    person.write("Name", person.account.display_name)
    person.write("E-mail address", person.account.email)
    person.write("Password", person.account.password)
    person.press("Create an account")
    expect(person.page.get_by_role("alert")).to_contain_text("Use at most 256 characters.")

    person.account = replace(person.account, password=person.account.password[:200])
    person.sign_up()
    person.log_out()
    person.go("/log-in")
    person.log_in()

    assert person.is_logged_in()
