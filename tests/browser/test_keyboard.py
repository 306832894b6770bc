"""Without a mouse: every step of the shop by keys, and where the focus is can be seen."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from browsing.shopper import ADDRESS, Shopper

# More presses of Tab than any page has stops.
STOPS = 120

# On the element itself, or on what it stands for: the card of a link, the label of a choice.
FOCUS_IS_SEEN = """
element => [element, element.closest("li, label")].some((shown) => {
  const style = shown && getComputedStyle(shown);
  return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
})
"""


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus, which can be seen on each stop of the way."""
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and focused.evaluate("element => element.matches('a, button, input, select')"):
            seen = focused.evaluate(FOCUS_IS_SEEN)
            assert seen, f"nothing shows the focus on {focused.evaluate('element => element.outerHTML')[:200]}"
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not come to {target}")


def write(page: Page, label: str, text: str) -> None:
    """Go to a field and type."""
    tab_to(page, page.get_by_role("main").get_by_label(label, exact=True))
    page.keyboard.type(text)


def test_a_whole_order_by_keys_alone(shopper: Shopper):
    page = shopper.go("/products?in_stock=true")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, page.locator("[data-shelf] .card-link").first)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Add to cart"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Added to your cart.")).to_be_visible()
    shopper.go("/cart")
    tab_to(page, page.get_by_role("link", name="Go to checkout"))
    page.keyboard.press("Enter")

    tab_to(page, page.get_by_role("main").get_by_role("link", name="Create an account"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Create an account")
    write(page, "Name", shopper.account.display_name)
    write(page, "E-mail address", shopper.account.email)
    write(page, "Password", shopper.account.password)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Delivery address")
    for label, value in ADDRESS.items():
        write(page, label, value)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Review your order")
    tab_to(page, page.get_by_role("button", name="Place order"))
    page.keyboard.press("Space")

    order_id = shopper.see_order()
    assert [order["id"] for order in shopper.orders()] == [order_id]


def test_suggestions_are_walked_through_by_arrows_and_closed_by_escape(shopper: Shopper):
    page = shopper.go("/products")
    name = page.locator(".card-name").first.inner_text()
    shopper.go("/")
    search = page.get_by_role("searchbox", name="Search products")
    search.focus()
    page.keyboard.type(name[:4])
    first = page.locator("[data-suggestions] a").first
    expect(first).to_be_visible()

    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("Escape")

    expect(first).to_be_hidden()
    expect(search).to_be_focused()


def test_an_error_takes_the_focus_to_what_is_wrong(shopper: Shopper):
    page = shopper.go("/log-in")

    tab_to(page, page.get_by_role("main").get_by_role("button", name="Log in"))
    page.keyboard.press("Enter")

    email = page.get_by_role("main").get_by_label("E-mail address", exact=True)
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
