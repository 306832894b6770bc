"""One session in several tabs: it is renewed once for all, and ends for all."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browsing.shopper import Shopper

ACCESS = "access"


@pytest.fixture
def member(shopper: Shopper) -> Shopper:
    """A person who is logged in."""
    shopper.go("/sign-up")
    shopper.sign_up()
    return shopper


def let_the_access_token_expire(person: Shopper) -> None:
    """What the browser does once its cookie's time is over: the refresh cookie alone is left."""
    person.context.clear_cookies(name=ACCESS)


def start_loading(page: Page, url: str) -> None:
    """Load `url`, and do not wait for it."""
    page.evaluate("url => { location.href = url }", url)


def test_two_tabs_that_renew_at_once_stay_logged_in(member: Shopper):
    tabs = [member.page, member.context.new_page()]
    for tab in tabs:
        tab.goto(f"{member.base_url}/")
    let_the_access_token_expire(member)

    for tab in tabs:
        start_loading(tab, f"{member.base_url}/account")

    for tab in tabs:
        expect(tab.get_by_role("heading", level=1)).to_have_text("Profile")
    for tab in tabs:
        tab.reload()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Profile")


def test_scripts_of_two_tabs_renew_at_once(member: Shopper, watch):
    watch.expected = ("status of 401",)
    member.choose_product()
    other = member.context.new_page()
    other.goto(member.page.url)
    let_the_access_token_expire(member)

    for tab in (member.page, other):
        tab.get_by_role("button", name="Add to cart").click(no_wait_after=True)

    for tab in (member.page, other):
        expect(tab.get_by_text("Added to your cart.")).to_be_visible()
    member.go("/cart")
    expect(member.page.get_by_role("spinbutton")).to_have_value("2")
    assert member.is_logged_in()


def test_a_log_out_in_one_tab_is_the_other_tabs_too_at_its_next_click(member: Shopper):
    other = member.context.new_page()
    other.goto(f"{member.base_url}/account")

    member.log_out()
    other.get_by_role("link", name="Password", exact=True).click()

    expect(other.get_by_role("heading", level=1)).to_have_text("Log in")


def test_a_session_that_was_ended_elsewhere_is_over_at_the_next_click(member: Shopper, new_shopper):
    elsewhere = new_shopper()
    elsewhere.go("/log-in")
    elsewhere.log_in(member.account)

    member.go("/account/sessions")
    rows = member.page.locator(".row").filter(has_not_text="this device")
    rows.get_by_role("button").click()
    expect(member.page.get_by_text("The session has ended.")).to_be_visible()
    elsewhere.go("/account")

    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("Log in")
    member.go("/account")
    assert member.is_logged_in()


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(member: Shopper, new_shopper):
    elsewhere = new_shopper()
    elsewhere.go("/log-in")
    elsewhere.log_in(member.account)

    member.go("/account/password")
    member.write("Current password", member.account.password)
    member.write("New password", "an entirely new sentence")
    member.press("Change password")
    expect(member.page.get_by_text("Password changed.")).to_be_visible()
    elsewhere.go("/account")

    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("Log in")
    member.go("/account")
    assert member.is_logged_in()


def test_a_deleted_account_is_gone_from_every_tab(member: Shopper, watch):
    watch.expected = ("status of 422",)
    member.go("/account/delete")
    member.write("Current password", member.account.password)
    member.press("Delete my account")

    expect(member.page.get_by_text("Your account has been deleted.")).to_be_visible()
    member.go("/log-in")
    member.write("E-mail address", member.account.email)
    member.write("Password", member.account.password)
    member.press("Log in")
    expect(member.page.get_by_text("The e-mail address or password is incorrect.")).to_be_visible()
