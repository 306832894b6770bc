"""Passkeys on the pages: the list, another name, removal, and the log-in that a script fills in."""

from __future__ import annotations

import json

import pytest

from blackbox.pages import Page
from webtests.browser import cookie_lines
from webtests.services import MEMBER

PAGE = "/account/passkeys"
ID = "0198f000-0000-7000-8000-000000000001"
PASSKEY = {
    "id": ID,
    "name": "Ada's phone",
    "backed_up": True,
    "created_at": "2026-01-02T03:04:05Z",
    "last_used_at": "2026-02-03T04:05:06Z",
}
OWN = f"/auth/mfa/passkeys/{ID}"
CREDENTIAL = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {"clientDataJSON": "AAAA", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "AAAA"},
}


@pytest.fixture(autouse=True)
def passkeys(services):
    """Ada has a passkey."""
    services.auth.on("GET", "/auth/mfa/passkeys", 200, {"items": [PASSKEY]})


async def rename(member, name="Old phone"):
    return await member.submit((await member.page(PAGE)).form(f"{PAGE}/{ID}/rename"), {"passkey_name": name})


async def remove(member):
    return await member.submit((await member.page(PAGE)).form(f"{PAGE}/{ID}/remove"))


async def log_in(browser, credential=CREDENTIAL, path="/log-in"):
    form = (await browser.page(path)).form("/log-in/passkey")
    return await browser.submit(form, {"credential": json.dumps(credential)})


async def test_the_page_lists_passkeys_with_name_and_last_use(member):
    page = await member.page(PAGE)

    for text in ("Ada's phone", "synced", "last used", "To add a passkey, turn on JavaScript."):
        assert text in page.text


async def test_a_passkey_that_was_not_used_says_so(member, services):
    services.auth.on("GET", "/auth/mfa/passkeys", 200, {"items": [PASSKEY | {"last_used_at": None}]})

    assert "not used yet" in (await member.page(PAGE)).text


async def test_a_passkey_gets_another_name(member, services):
    services.auth.on("PUT", OWN, 200, PASSKEY)

    answer = await rename(member)

    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?notice=saved")
    assert [request["json"] for request in services.auth.asked("PUT", OWN)] == [{"name": "Old phone"}]


@pytest.mark.parametrize("name", ["", "  "])
async def test_an_empty_name_is_said(member, services, name):
    answer = await rename(member, name)

    assert answer.status_code == 422
    assert "Enter a name of up to 64 characters." in Page(answer.text).text
    assert services.auth.asked("PUT", OWN) == []


async def test_a_name_that_auth_refuses_is_said(member, services):
    services.auth.refuse("PUT", OWN, 422, "payload-invalid")

    answer = await rename(member, "\u202e")

    assert answer.status_code == 422
    assert "Enter a name of up to 64 characters." in Page(answer.text).text


async def test_a_passkey_is_removed(member, services):
    services.auth.on("DELETE", OWN, 204)

    answer = await remove(member)

    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?notice=passkey-removed")


async def test_a_change_may_ask_for_a_fresh_log_in(member, services):
    services.auth.refuse("DELETE", OWN, 401, "reauthentication-required")

    answer = await remove(member)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/log-in?again&next={PAGE}")


async def test_a_passkey_that_is_gone_shows_the_list(member, services):
    services.auth.refuse("DELETE", OWN, 404, "passkey-not-found")

    answer = await remove(member)

    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)


async def test_while_auth_is_unavailable_the_page_says_so(member, services):
    services.auth.hang("GET", "/auth/mfa/passkeys")

    answer = await member.get(PAGE)

    assert answer.status_code == 503
    assert "Passkeys cannot be shown right now." in Page(answer.text).text


async def test_what_an_authenticator_signed_logs_in(browser, services, tokens):
    services.auth.on("POST", "/auth/login/passkey", 200, tokens | {"member": MEMBER})

    answer = await log_in(browser, path="/log-in?next=/orders")

    assert (answer.status_code, answer.headers["location"]) == (303, "/orders?notice=logged-in")
    assert any("refresh" in name for name in cookie_lines(answer))
    [sent] = services.auth.asked("POST", "/auth/login/passkey")
    assert sent["json"]["credential"]["response"] == CREDENTIAL["response"]


@pytest.mark.parametrize("credential", [None, [], {}, CREDENTIAL | {"id": "\ud800"}, CREDENTIAL | {"response": "x"}])
async def test_what_is_no_credential_asks_no_service(browser, services, credential):
    answer = await log_in(browser, credential)

    assert answer.status_code == 422
    assert "The passkey was not accepted." in Page(answer.text).text
    assert services.auth.asked("POST", "/auth/login/passkey") == []


@pytest.mark.parametrize(
    ("status", "code", "shown", "sentence"),
    [
        (401, "passkey-invalid", 422, "The passkey was not accepted."),
        (429, "too-many-attempts", 429, "Too many attempts"),
        (503, "member-unavailable", 503, "We cannot do that right now."),
    ],
)
async def test_a_refused_passkey_leaves_the_form_for_the_password(browser, services, status, code, shown, sentence):
    services.auth.refuse("POST", "/auth/login/passkey", status, code)

    answer = await log_in(browser)

    assert answer.status_code == shown
    assert sentence in Page(answer.text).text
    assert Page(answer.text).form("/log-in")


async def test_the_log_in_field_offers_passkeys(browser):
    [field] = [a for tag, a in (await browser.page("/log-in")).tags if tag == "input" and a.get("name") == "email"]

    assert field["autocomplete"] == "username webauthn"
