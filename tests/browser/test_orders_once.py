"""One order, whatever the hand and the network do."""

from __future__ import annotations

import httpx2
import pytest
from playwright.sync_api import Route, expect

from browsing.shopper import Shopper
from browsing.watch import Watch

ORDERS = "**/api/shop/orders"
PLACE = "**/checkout/place"

# What the browser says of a connection that the test has cut.
CUT = "net::ERR_"


def lose_the_answer(route: Route) -> None:
    """Let the request arrive and be carried out; its response, with its cookies, never comes back."""
    request = route.request
    headers = {name: value for name, value in request.all_headers().items() if not name.startswith(":")}
    response = httpx2.request(
        request.method, request.url, headers=headers, content=request.post_data_buffer, timeout=30, trust_env=False
    )
    assert response.status_code in {201, 303}
    route.abort("connectionreset")


def lose_the_request(route: Route) -> None:
    """Break the connection before anything has arrived."""
    route.abort("connectionreset")


@pytest.fixture
def unscripted(new_shopper) -> Shopper:
    """A person whose browser runs no scripts."""
    return new_shopper(scripted=False)


def test_a_double_click_places_one_order(shopper: Shopper):
    shopper.come_to_review()

    shopper.page.get_by_role("button", name="Place order").dblclick()

    order_id = shopper.see_order()
    assert [order["id"] for order in shopper.orders()] == [order_id]


def test_a_double_click_without_scripts_places_one_order(unscripted: Shopper):
    unscripted.come_to_review()

    unscripted.page.get_by_role("button", name="Place order").dblclick(no_wait_after=True)

    unscripted.see_order()
    assert len(unscripted.orders()) == 1


@pytest.mark.parametrize("lose", [lose_the_answer, lose_the_request])
def test_a_lost_connection_is_tried_again_under_the_same_key(shopper: Shopper, watch: Watch, lose):
    watch.expected = (CUT,)
    shopper.come_to_review()
    shopper.page.route(ORDERS, lose, times=1)

    order_id = shopper.place_order()

    assert [order["id"] for order in shopper.orders()] == [order_id]


def test_a_lost_response_to_a_form_is_sent_again_by_hand(unscripted: Shopper, watch: Watch):
    watch.expected = (CUT,)
    unscripted.come_to_review()
    unscripted.page.route(PLACE, lose_the_answer, times=1)
    unscripted.press("Place order")
    unscripted.page.wait_for_url("chrome-error://**")

    unscripted.page.go_back()
    # The review is made again: the cart is empty by now, so it leads to the order that was placed.
    expect(unscripted.page.get_by_role("heading", level=1)).to_have_text("Orders")

    assert len(unscripted.orders()) == 1


def test_two_tabs_with_the_same_review_place_one_order(shopper: Shopper):
    shopper.come_to_review()
    other = shopper.context.new_page()
    other.goto(shopper.page.url)

    shopper.place_order()
    other.get_by_role("button", name="Place order").click()
    expect(other).not_to_have_url(shopper.base_url + "/checkout/review")

    assert len(shopper.orders()) == 1


def test_a_double_click_puts_one_thing_into_the_cart(shopper: Shopper):
    shopper.choose_product()

    shopper.page.get_by_role("button", name="Add to cart").dblclick()

    expect(shopper.page.get_by_text("Added to your cart.")).to_be_visible()
    shopper.go("/cart")
    expect(shopper.page.get_by_role("spinbutton")).to_have_value("1")
