"""Two-step verification in a browser: set-up, log-in, recovery codes on paper; with scripts and without."""

from __future__ import annotations

import time
from collections.abc import Callable

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from browsing.shopper import Shopper

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 1280)


def code_of(secret: str, step: int) -> str:
    """Return the app's code, or the one that is `step` steps ahead; one step ahead is accepted."""
    return pyotp.TOTP(secret.replace(" ", "")).at(int(time.time()), counter_offset=step)


def look(page: Page) -> list[str]:
    """Return what is wrong with the page as it is: for axe in both themes, and in its width."""
    found = []
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        found += [f"{theme} {one['id']}: {one['nodes'][0]['html'][:200]}" for one in violations]
    size = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"wider than {width}")
    assert size is not None
    page.set_viewport_size(size)
    return found


def turn_on(person: Shopper) -> str:
    """Sign up and set up an app; return its secret. The page shows the recovery codes then."""
    person.go("/sign-up")
    person.sign_up()
    person.go("/account/two-step")
    person.press("Set up")
    secret = person.page.locator(".secret").inner_text()
    person.write("Code", code_of(secret, 0))
    person.press("Turn on")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    return secret


def give_password(person: Shopper) -> None:
    """Come as far as the second step of a log-in."""
    person.go("/log-in")
    person.write("E-mail address", person.account.email)
    person.write("Password", person.account.password)
    person.press("Log in")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Two-step verification")


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def person(request: pytest.FixtureRequest, new_shopper: Callable[..., Shopper]) -> Shopper:
    """A person whose browser runs scripts, or not."""
    return new_shopper(scripted=request.param)


def test_a_member_logs_in_with_a_code_and_with_a_recovery_code(person: Shopper):
    secret = turn_on(person)
    recovery_code = person.page.locator(".recovery-codes code").first.inner_text()
    person.follow("I have saved my codes")
    expect(person.page.get_by_text("10 recovery codes are left.")).to_be_visible()
    person.log_out()

    give_password(person)
    person.write("Code", code_of(secret, 1))
    person.press("Log in")
    expect(person.page.get_by_text("You are logged in.")).to_be_visible()
    person.log_out()
    give_password(person)
    person.page.get_by_text("Use a recovery code").click()
    person.write("Recovery code", recovery_code)
    person.page.get_by_role("button", name="Log in", exact=True).last.click()
    expect(person.page.get_by_text("You are logged in.")).to_be_visible()


def test_a_wrong_code_is_said_at_its_field(person: Shopper, watch):
    watch.expected = ("status of 422",)
    turn_on(person)
    person.log_out()
    give_password(person)

    person.write("Code", "000000")
    person.press("Log in")

    expect(person.page.get_by_role("alert")).to_contain_text("This code is wrong or was already used.")
    expect(person.page.get_by_label("Code", exact=True)).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_axe_finds_nothing_on_any_page_of_it(new_shopper: Callable[..., Shopper], language: str):
    # Colors that change slowly are measured on their way.
    shopper = new_shopper(reduced_motion="reduce")
    turn_on(shopper)
    page = shopper.page
    shopper.context.add_cookies([{"name": "lang", "value": language, "url": shopper.base_url}])
    found = {"codes": look(page)}
    shopper.go("/account/two-step")
    found["on"] = look(page)
    page.locator("form[action$='/disable'] button").click()
    found["off"] = look(page)
    page.locator("form[action$='/set-up'] button").click()
    expect(page.locator(".qr-code")).to_be_visible()
    found["set-up"] = look(page)

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_axe_finds_nothing_on_the_second_step(new_shopper: Callable[..., Shopper]):
    shopper = new_shopper(reduced_motion="reduce")
    turn_on(shopper)
    shopper.log_out()
    give_password(shopper)
    shopper.page.get_by_text("Use a recovery code").click()

    assert look(shopper.page) == []


def test_recovery_codes_are_printed_without_what_surrounds_them(shopper: Shopper):
    turn_on(shopper)
    shopper.page.emulate_media(media="print")

    expect(shopper.page.locator(".recovery-codes code")).to_have_count(10)
    expect(shopper.page.locator(".recovery-codes")).to_be_visible()
    for hidden in (".side", ".nav", ".footer", ".choices a >> nth=0"):
        expect(shopper.page.locator(hidden)).to_be_hidden()
