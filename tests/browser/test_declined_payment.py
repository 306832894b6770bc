"""A card that is declined: the page says so, the order is kept, and it is paid again; with scripts, and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from blackbox.waiting import eventually
from browsing.shopper import Shopper


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def declined(request, new_shopper) -> Shopper:
    """A person whose card was declined, on the page of the order."""
    person: Shopper = new_shopper(scripted=request.param)
    person.go("/sign-up")
    person.sign_up()
    person.fill_cart()
    person.have_a_card_declined()
    return person


def test_the_page_that_thanks_says_by_itself_when_the_card_was_declined(shopper: Shopper):
    shopper.come_to_review()
    shopper.go("/checkout")
    page = shopper.page
    page.get_by_label("Test card that is declined").check()
    shopper.press("Continue to review")
    shopper.press("Place order")

    expect(page.get_by_text("The payment failed")).to_be_visible()

    expect(page.get_by_text("Thank you.")).to_have_count(0)


def test_a_declined_card_is_named_and_the_order_is_paid_with_another(declined: Shopper):
    page = declined.page
    expect(page.get_by_role("main")).to_contain_text("The card was declined. Nothing was charged.")
    expect(page.get_by_text("Thank you.")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("payment failed")

    page.get_by_label("Test card that succeeds immediately").check()
    declined.press("Pay again")
    # The form's own navigation ends first: a reload in the middle of it is an error of the browser.
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("payment failed")

    def is_paid() -> bool:
        page.reload()
        return "paid" in page.get_by_role("heading", level=1).inner_text()

    eventually(is_paid, "the second payment arrives")
    expect(page.get_by_text("The payment failed")).to_have_count(0)
    assert len(declined.orders()) == 1


def test_the_items_of_a_cancelled_order_go_back_into_the_cart(declined: Shopper):
    page = declined.page
    name = page.locator("table a").first.inner_text()

    declined.press("Cancel order")
    declined.press("Add the items to your cart again")

    expect(page.get_by_role("heading", level=1)).to_have_text("Cart")
    expect(page.locator("[data-line]")).to_contain_text(name)
    expect(page.get_by_text("added to your cart")).to_be_visible()
