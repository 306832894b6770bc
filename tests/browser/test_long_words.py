"""Words without a place to break: the longest that members may enter, on the narrowest screen."""

from __future__ import annotations

import secrets

import pytest

from blackbox.client import Account
from blackbox.own_platform import OwnPlatform
from browsing.shopper import Shopper

NARROW = {"width": 320, "height": 800}
LONG = "W" * 80


@pytest.fixture
def member(new_shopper) -> Shopper:
    """A member whose name and address are long words, with an order."""
    person: Shopper = new_shopper(viewport=NARROW)
    # 64 characters are the most before the @ (RFC 5321, section 4.5.3.1.1).
    email = f"{secrets.token_hex(32)}@{'w' * 60}.example.com"
    person.account = Account(email, person.account.password, LONG)
    person.address |= dict.fromkeys(("Recipient", "City", "Street address"), LONG)
    person.come_to_review()
    return person


def overflow_on(person: Shopper, path: str) -> int:
    """How much wider the page at `path` is than the screen (CSS pixels)."""
    page = person.go(path)
    return int(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_long_words_of_a_member_fit_the_narrowest_screen(member: Shopper, new_shopper, platform: OwnPlatform):
    places = ["/checkout", "/checkout/review", "/account", f"/products?q={LONG}"]
    too_wide = {path: overflow_on(member, path) for path in places}
    member.go("/checkout/review")
    order = member.place_order()
    too_wide["order"] = overflow_on(member, f"/orders/{order}")
    administrator: Shopper = new_shopper(viewport=NARROW)
    administrator.go("/log-in")
    administrator.log_in(platform.administrator())
    for path in (f"/admin/members?q={member.account.email[:40]}", "/admin/orders", f"/admin/orders/{order}"):
        too_wide[path] = overflow_on(administrator, path)

    assert {path: width for path, width in too_wide.items() if width} == {}
