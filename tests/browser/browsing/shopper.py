"""A person at a browser: knows the site by its labels and buttons, with scripts or without."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, expect

from blackbox.client import Account, new_account
from blackbox.waiting import eventually

ADDRESS = {
    "Recipient": "Hong Gildong",
    "Phone": "+82 10 1234 5678",
    "Postal code": "04524",
    "City": "Seoul",
    "Street address": "Sejong-daero 110",
}


class Shopper:
    """One person, one tab. English is spoken, unless a test switches."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.context = context
        self.base_url = base_url
        self.page: Page = context.new_page()
        self.account = new_account("browser")
        self.address = dict(ADDRESS)

    def go(self, path: str) -> Page:
        """Type an address."""
        self.page.goto(self.base_url + path)
        return self.page

    def press(self, name: str) -> None:
        """Press the button `name`."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the first link `name`."""
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def write(self, label: str, value: str) -> None:
        """Write into the field `label` of the page's content."""
        self.page.get_by_role("main").get_by_label(label, exact=True).fill(value)

    def sign_up(self) -> Account:
        """Create an account, on the sign-up page; one is logged in then."""
        self.write("Name", self.account.display_name)
        self.write("E-mail address", self.account.email)
        self.write("Password", self.account.password)
        self.press("Create an account")
        self.page.wait_for_url(lambda url: "/sign-up" not in url)
        return self.account

    def log_in(self, account: Account | None = None) -> None:
        """Log in, on the log-in page."""
        account = account or self.account
        self.write("E-mail address", account.email)
        self.write("Password", account.password)
        self.press("Log in")
        self.page.wait_for_url(lambda url: "/log-in" not in url)

    def log_out(self) -> None:
        """Log out, from the account's pages."""
        self.go("/account")
        self.press("Log out")
        expect(self.page.get_by_text("You are logged out.")).to_be_visible()

    def choose_product(self) -> str:
        """Open the first product that is not sold out, and return its name."""
        self.go("/products?in_stock=true")
        link = self.page.locator("[data-shelf] .card-link").first
        name = link.inner_text().strip()
        link.click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(name)
        return name

    def put_into_cart(self) -> None:
        """Put what the page shows into the cart."""
        self.press("Add to cart")
        expect(self.page.get_by_text("Added to your cart.")).to_be_visible()

    def fill_cart(self) -> str:
        """Put a product into the cart, and return its name."""
        name = self.choose_product()
        self.put_into_cart()
        return name

    def give_address(self) -> None:
        """Say where it goes, on the checkout's first page."""
        for label, value in self.address.items():
            self.write(label, value)
        self.press("Continue to review")
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Review your order")

    def come_to_review(self) -> None:
        """Sign up, fill a cart and go through the checkout until only the order has to be placed."""
        self.go("/sign-up")
        self.sign_up()
        self.fill_cart()
        self.go("/checkout")
        self.give_address()

    def place_order(self) -> str:
        """Place order, on the review, and return its id."""
        self.press("Place order")
        return self.see_order()

    def see_order(self) -> str:
        """Wait for the order's page, and return the order's id."""
        expect(self.page).to_have_url(re.compile(r"/orders/[0-9a-f-]{36}"))
        expect(self.page.get_by_text("Thank you. Your order has been placed.")).to_be_visible()
        found = re.search(r"/orders/([0-9a-f-]{36})", self.page.url)
        assert found
        return found[1]

    def have_a_card_declined(self) -> str:
        """Order what is in the cart with a card that is declined, and return the order's id once its page says so."""
        self.go("/checkout")
        self.page.get_by_label("Test card that is declined").check()
        self.give_address()
        self.press("Place order")
        self.page.wait_for_url("**/orders/*")
        order = urlsplit(self.page.url).path.rpartition("/")[2]
        eventually(lambda: self._sees(order, "The payment failed"), "the page says that the payment failed")
        return order

    def _sees(self, order: str, text: str) -> bool:
        self.go(f"/orders/{order}")
        return self.page.get_by_text(text).count() > 0

    def orders(self) -> list[dict[str, Any]]:
        """Return the orders that the shop knows of this person, by the session of the browser."""
        response = self.context.request.get(f"{self.base_url}/api/shop/orders")
        assert response.status == 200, response.text()
        return list(json.loads(response.body())["items"])

    def is_logged_in(self) -> bool:
        """Whether the page that is open was made for a member."""
        return self.page.get_by_role("navigation", name="Main").get_by_role("link", name="Account").count() > 0
