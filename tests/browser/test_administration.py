"""What an administrator does by clicks, and what the member sees of it: with scripts, and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from blackbox.own_platform import OwnPlatform
from blackbox.waiting import eventually
from browsing.shopper import Shopper


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def administrator(request, new_shopper, platform: OwnPlatform) -> Shopper:
    """The first administrator, logged in, with a browser that runs scripts or does not."""
    person: Shopper = new_shopper(scripted=request.param)
    person.go("/log-in")
    person.log_in(platform.administrator())
    return person


def test_a_suspended_member_is_out_at_once_and_may_come_back(administrator: Shopper, new_shopper):
    member: Shopper = new_shopper()
    member.go("/sign-up")
    account = member.sign_up()

    page = administrator.go("/admin/members")
    administrator.write("Search members", account.email)
    page.keyboard.press("Enter")
    expect(page.locator("main .row")).to_have_count(1)
    administrator.press(f"Suspend {account.display_name}")
    expect(page.get_by_role("status")).not_to_be_empty()
    member.go("/account")
    expect(member.page.get_by_role("heading", level=1)).to_have_text("Log in")

    administrator.go(f"/admin/members?q={account.email}")
    expect(page.locator("main .row")).to_contain_text("suspended")
    administrator.press(f"Reinstate {account.display_name}")
    member.log_in(account)
    assert member.is_logged_in()


def test_an_order_is_shipped_and_delivered_and_its_member_sees_it(administrator: Shopper, new_shopper):
    member: Shopper = new_shopper()
    member.come_to_review()
    order = member.place_order()
    page = administrator.page

    def is_paid() -> bool:
        administrator.go(f"/admin/orders/{order}")
        return page.get_by_role("button", name="Mark as shipped").count() == 1

    eventually(is_paid, "the payment arrives")
    for button, state in (("Mark as shipped", "shipped"), ("Mark as delivered", "delivered")):
        administrator.press(button)
        expect(page.get_by_role("heading", level=1)).to_contain_text(state)
        member.go(f"/orders/{order}")
        expect(member.page.get_by_role("heading", level=1)).to_contain_text(state)
    expect(member.page.locator(".timeline li")).to_have_count(4)
