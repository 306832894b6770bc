"""Passkeys in Chromium with its virtual authenticator: added, used, renamed, removed; and pages without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import CDPSession, Page, expect

from browsing.shopper import Shopper

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class VirtualAuthenticator:
    """An authenticator of Chromium's DevTools protocol, for one page."""

    def __init__(self, page: Page, **options: Any) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable", {"enableUI": False})
        added = self.cdp.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
                | options
            },
        )
        self.id = added["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        """Return what it holds."""
        found: list[dict[str, Any]] = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return found

    def replace(self, credential: dict[str, Any]) -> None:
        """Hold this credential instead of the one with its id."""
        id_ = credential["credentialId"]
        self.cdp.send("WebAuthn.removeCredential", {"authenticatorId": self.id, "credentialId": id_})
        self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential})

    def verify_no_one(self) -> None:
        """Fail every verification of the user from now on."""
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": False})


@pytest.fixture
def member(new_context: Callable[..., Any], base_url: str) -> Shopper:
    """A member on the platform's domain name, for which alone browsers offer passkeys."""
    shopper = Shopper(new_context(reduced_motion="reduce"), base_url.replace("127.0.0.1", "localhost"))
    # The field's suggestions need a person at the browser's own dialog.
    shopper.context.add_init_script(
        "if (globalThis.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false"
    )
    shopper.go("/sign-up")
    shopper.sign_up()
    return shopper


def add(member: Shopper, name: str = "Phone") -> None:
    member.go("/account/passkeys")
    member.write("Name of the passkey", name)
    member.press("Add a passkey")
    expect(member.page.get_by_text("The passkey is added.")).to_be_visible()


def log_in(member: Shopper) -> None:
    member.go("/log-in")
    member.press("Log in with a passkey")


def test_a_member_adds_a_passkey_and_logs_in_with_it(member: Shopper):
    authenticator = VirtualAuthenticator(member.page)
    add(member)
    [credential] = authenticator.credentials()
    assert (credential["isResidentCredential"], credential["rpId"]) == (True, "localhost")
    expect(member.page.get_by_text("not used yet")).to_be_visible()
    member.log_out()

    log_in(member)

    expect(member.page.get_by_text("You are logged in.")).to_be_visible()
    member.go("/account/passkeys")
    expect(member.page.get_by_text("last used")).to_be_visible()


def test_a_passkey_is_renamed_and_removed(member: Shopper, watch):
    watch.expected = ("status of 422",)
    VirtualAuthenticator(member.page)
    add(member)

    member.page.get_by_label("Rename Phone").click()
    member.write("New name", "Old phone")
    member.press("Save")
    expect(member.page.get_by_text("Changes saved.")).to_be_visible()
    member.press("Remove Old phone")
    expect(member.page.get_by_text("You have no passkeys yet.")).to_be_visible()
    member.log_out()
    log_in(member)

    expect(member.page.get_by_role("alert")).to_contain_text("The passkey was not accepted.")


def test_a_device_has_one_passkey_of_an_account(member: Shopper):
    VirtualAuthenticator(member.page)
    add(member)

    member.write("Name of the passkey", "Again")
    member.press("Add a passkey")

    expect(member.page.get_by_role("alert")).to_have_text("This device already has a passkey for your account.")


def test_a_cloned_counter_is_refused(member: Shopper, watch):
    watch.expected = ("status of 422",)
    authenticator = VirtualAuthenticator(member.page)
    add(member)
    [clone] = authenticator.credentials()
    member.log_out()
    log_in(member)
    expect(member.page.get_by_text("You are logged in.")).to_be_visible()
    member.log_out()

    authenticator.replace(clone | {"signCount": 0})
    log_in(member)

    expect(member.page.get_by_role("alert")).to_contain_text("The passkey was not accepted.")


def test_without_verification_of_the_user_no_one_is_logged_in(member: Shopper):
    authenticator = VirtualAuthenticator(member.page)
    add(member)
    member.log_out()
    authenticator.verify_no_one()

    log_in(member)

    member.page.wait_for_timeout(1000)
    expect(member.page.get_by_role("heading", level=1)).to_have_text("Log in")
    assert not member.is_logged_in()


def test_what_was_forged_is_refused(member: Shopper, watch):
    watch.expected = ("status of 422",)
    VirtualAuthenticator(member.page)
    add(member)
    member.log_out()
    # Another challenge than the platform's, as a page in the middle would let the browser sign.
    member.page.route(
        "**/auth/login/passkey/options",
        lambda route: route.fulfill(
            json={"public_key": {"challenge": "A" * 43, "rpId": "localhost", "userVerification": "required"}}
        ),
    )

    log_in(member)

    expect(member.page.get_by_role("alert")).to_contain_text("The passkey was not accepted.")


def test_a_browser_under_another_name_of_the_platform_shows_no_button(shopper: Shopper):
    with shopper.page.expect_response("**/auth/login/passkey/options"):
        shopper.go("/log-in")

    expect(shopper.page.get_by_role("button", name="Log in", exact=True)).to_be_visible()
    expect(shopper.page.get_by_role("button", name="Log in with a passkey")).to_be_hidden()


def test_the_pages_work_without_scripts(new_shopper: Callable[..., Shopper]):
    shopper = new_shopper(scripted=False)
    shopper.go("/sign-up")
    shopper.sign_up()
    shopper.go("/account/passkeys")

    expect(shopper.page.get_by_text("To add a passkey, turn on JavaScript.")).to_be_visible()
    expect(shopper.page.get_by_role("button", name="Add a passkey")).to_be_hidden()
    shopper.log_out()
    shopper.go("/log-in")
    expect(shopper.page.get_by_role("button", name="Log in with a passkey")).to_be_hidden()
    shopper.log_in()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_axe_finds_nothing_with_passkeys(member: Shopper, language: str):
    VirtualAuthenticator(member.page)
    add(member)
    member.context.add_cookies([{"name": "lang", "value": language, "url": member.base_url}])
    member.go("/account/passkeys")
    member.page.locator("summary").click()

    for theme in ("light", "dark"):
        member.page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        violations = Axe().run(member.page, options={"runOnly": RULES}).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []
    for width in (320, 1280):
        member.page.set_viewport_size({"width": width, "height": 800})
        assert member.page.evaluate(
            "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
