"""Two-step verification: set-up, recovery codes, the second step of a log-in, and of deleting the account."""

from __future__ import annotations

import base64
from urllib.parse import unquote

import pytest

from blackbox.pages import Page
from webtests.browser import cookie_lines
from webtests.services import MEMBER

PAGE = "/account/two-step"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
URI = f"otpauth://totp/Haru:ada%40example.com?secret={SECRET}&issuer=Haru"
CODES = ["ABCDE-FGHJK", "LMNPQ-RSTVW"]
ON = {"totp": {"enabled_at": "2026-01-02T03:04:05Z"}, "recovery_codes_left": 7}
CHALLENGE = {"challenge": "c" * 43, "methods": ["totp", "recovery-code"], "expires_in": 300}
CHALLENGED = "c" * 43


@pytest.fixture(autouse=True)
def factors(services):
    services.auth.on("GET", "/auth/mfa", 200, {"totp": None, "recovery_codes_left": 0})
    services.auth.on("POST", "/auth/mfa/totp", 201, {"secret": SECRET, "uri": URI})


@pytest.fixture
def challenged(services, tokens):
    """A log-in takes a second factor."""
    services.auth.refuse("POST", "/auth/login", 401, "second-factor-required", **CHALLENGE)
    services.auth.on("POST", "/auth/login/second-factor", 200, tokens | {"member": MEMBER})


async def start(member):
    return await member.submit((await member.page(PAGE)).form(f"{PAGE}/set-up"))


async def confirm(member, code: str = "123456"):
    return await member.submit(Page((await start(member)).text).form(f"{PAGE}/confirm"), {"app_code": code})


def code_form(html: str, action: str, method: str = "totp"):
    """Return the form for a code of the app, or for a recovery code."""
    [by_app, by_recovery_code] = [form for form in Page(html).forms if form.action == action]
    return by_app if method == "totp" else by_recovery_code


async def log_in(browser, path: str = "/log-in"):
    form = (await browser.page(path)).form("/log-in")
    return await browser.submit(form, {"email": "ada@example.com", "password": "correct horse"})


async def test_the_page_says_what_it_is_and_offers_the_set_up(member):
    page = await member.page(PAGE)

    assert "Someone who knows your password alone cannot log in." in page.text
    assert [form.action for form in page.forms if form.action.startswith(PAGE)] == [f"{PAGE}/set-up"]


async def test_the_set_up_shows_a_qr_code_and_the_key_as_text(member):
    page = Page((await start(member)).text)

    [image] = [attributes for tag, attributes in page.tags if tag == "img" and attributes.get("class") == "qr-code"]
    assert unquote(image["src"]).startswith("data:image/svg+xml")
    assert image["alt"] == "QR code for your authenticator app"
    assert "JBSW Y3DP EHPK 3PXP" in page.text
    [field] = [attributes for tag, attributes in page.tags if attributes.get("id") == "app_code"]
    assert (field["autocomplete"], field["inputmode"]) == ("one-time-code", "numeric")


async def test_a_right_code_shows_the_recovery_codes_and_this_browser_goes_on(member, services, tokens):
    services.auth.on("POST", "/auth/mfa/totp/confirm", 200, tokens | {"member": MEMBER, "recovery_codes": CODES})

    answer = await confirm(member, " 123 456 ")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert {"__Host-access", "__Host-refresh"} <= cookie_lines(answer).keys()
    page = Page(answer.text)
    assert all(code in page.text for code in CODES)
    [download] = [attributes for tag, attributes in page.tags if "download" in attributes]
    assert unquote(download["href"]) == "data:text/plain;charset=utf-8,ABCDE-FGHJK\r\nLMNPQ-RSTVW\r\n"
    [asked] = services.auth.asked("POST", "/auth/mfa/totp/confirm")
    assert asked["json"] == {"code": "123 456"}
    # Its forms belong to the new session.
    member.token = tokens["access_token"]
    services.auth.on("POST", "/auth/logout", 204)
    assert (await member.submit(page.form("/log-out"))).headers["location"] == "/?notice=logged-out"


@pytest.mark.parametrize(("code", "said"), [("", "Enter the code."), ("000000", "This code is wrong")])
async def test_a_wrong_code_keeps_the_qr_code(member, services, code, said):
    services.auth.refuse("POST", "/auth/mfa/totp/confirm", 422, "code-wrong")

    answer = await confirm(member, code)

    page = Page(answer.text)
    assert answer.status_code == 422
    assert said in page.text
    assert "JBSW Y3DP EHPK 3PXP" in page.text
    assert page.form(f"{PAGE}/confirm").fields["uri"] == URI


@pytest.mark.parametrize("uri", ["", "https://elsewhere.example/", "otpauth://totp/" + "x" * 1000])
async def test_a_made_up_uri_is_no_qr_code(member, services, uri):
    form = Page((await start(member)).text).form(f"{PAGE}/confirm")

    answer = await member.submit(form, {"uri": uri, "app_code": "123456"})

    assert answer.headers["location"] == PAGE
    assert not services.auth.asked("POST", "/auth/mfa/totp/confirm")


async def test_a_set_up_that_is_done_already_leads_to_the_page(member, services):
    form = Page((await start(member)).text).form(f"{PAGE}/confirm")
    services.auth.refuse("POST", "/auth/mfa/totp/confirm", 409, "factor-exists")
    services.auth.refuse("POST", "/auth/mfa/totp", 409, "factor-exists")

    assert (await member.submit(form, {"app_code": "123456"})).headers["location"] == PAGE
    assert (await start(member)).headers["location"] == PAGE


async def test_the_page_shows_since_when_and_how_many_codes_are_left(member, services):
    services.auth.on("GET", "/auth/mfa", 200, ON)

    page = await member.page(PAGE)

    assert "7 recovery codes are left." in page.text
    assert [form.action for form in page.forms if form.action.startswith(PAGE)] == [
        f"{PAGE}/recovery-codes",
        f"{PAGE}/disable",
    ]


async def test_new_recovery_codes_are_shown_once(member, services):
    services.auth.on("GET", "/auth/mfa", 200, ON)
    services.auth.on("POST", "/auth/mfa/recovery-codes", 201, {"recovery_codes": CODES})

    answer = await member.submit((await member.page(PAGE)).form(f"{PAGE}/recovery-codes"))

    assert all(code in Page(answer.text).text for code in CODES)
    assert answer.headers["cache-control"] == "no-store"
    assert (await member.get(f"{PAGE}/recovery-codes")).headers["location"] == PAGE


async def test_it_is_turned_off(member, services):
    services.auth.on("GET", "/auth/mfa", 200, ON)
    services.auth.on("DELETE", "/auth/mfa/totp", 204)

    answer = await member.submit((await member.page(PAGE)).form(f"{PAGE}/disable"))

    assert answer.headers["location"] == f"{PAGE}?notice=two-step-disabled"
    assert "Two-step verification is off." in (await member.page(answer.headers["location"])).text


CHANGES = [
    ("set-up", "POST", "/auth/mfa/totp"),
    ("recovery-codes", "POST", "/auth/mfa/recovery-codes"),
    ("disable", "DELETE", "/auth/mfa/totp"),
]


async def change(member, services, action: str):
    services.auth.on("GET", "/auth/mfa", 200, ON if action != "set-up" else {"totp": None, "recovery_codes_left": 0})
    return await member.submit((await member.page(PAGE)).form(f"{PAGE}/{action}"))


@pytest.mark.parametrize(("action", "method", "path"), CHANGES)
async def test_a_change_may_ask_for_a_fresh_log_in(member, services, action, method, path):
    services.auth.refuse(method, path, 401, "reauthentication-required")

    assert (await change(member, services, action)).headers["location"] == f"/log-in?again&next={PAGE}"


@pytest.mark.parametrize(("action", "method", "path"), CHANGES)
async def test_a_session_that_has_ended_leads_to_the_log_in(member, services, action, method, path):
    services.auth.refuse(method, path, 401, "access-token-invalid")

    assert (await change(member, services, action)).headers["location"].startswith("/log-in?next=")


@pytest.mark.parametrize(("action", "method", "path"), CHANGES)
async def test_a_change_that_cannot_be_made_says_so(member, services, action, method, path):
    services.auth.refuse(method, path, 503, "member-unavailable")

    answer = await change(member, services, action)

    assert answer.status_code == 503
    assert "We cannot do that right now." in Page(answer.text).text


@pytest.mark.usefixtures("challenged")
async def test_a_log_in_asks_for_a_code(browser, services):
    answer = await log_in(browser, "/log-in?next=/account")

    assert answer.status_code == 200
    assert "__Host-access" not in cookie_lines(answer)
    form = code_form(answer.text, "/log-in/second-factor")
    [field] = [attributes for tag, attributes in Page(answer.text).tags if attributes.get("id") == "app_code"]
    assert (field["autocomplete"], field["inputmode"]) == ("one-time-code", "numeric")
    assert "correct horse" not in answer.text

    done = await browser.submit(form, {"app_code": "123 456"})

    assert done.headers["location"] == "/account?notice=logged-in"
    assert {"__Host-access", "__Host-refresh"} <= cookie_lines(done).keys()
    [asked] = services.auth.asked("POST", "/auth/login/second-factor")
    assert asked["json"] == {"challenge": CHALLENGED, "method": "totp", "code": "123 456"}


@pytest.mark.usefixtures("challenged")
async def test_a_log_in_takes_a_recovery_code_instead(browser, services):
    form = code_form((await log_in(browser)).text, "/log-in/second-factor", "recovery-code")

    done = await browser.submit(form, {"recovery_code": "abcde-fghjk"})

    assert done.headers["location"] == "/?notice=logged-in"
    [asked] = services.auth.asked("POST", "/auth/login/second-factor")
    assert asked["json"] == {"challenge": CHALLENGED, "method": "recovery-code", "code": "abcde-fghjk"}


@pytest.mark.usefixtures("challenged")
@pytest.mark.parametrize("place", ["https://elsewhere.example/", "//elsewhere.example"])
async def test_the_second_step_leads_to_no_other_site(browser, place):
    form = code_form((await log_in(browser)).text, "/log-in/second-factor")

    assert (await browser.submit(form, {"app_code": "123456", "next": place})).headers[
        "location"
    ] == "/?notice=logged-in"


@pytest.mark.usefixtures("challenged")
@pytest.mark.parametrize(
    ("method", "field", "said"),
    [("totp", "app_code", "This code is wrong"), ("recovery-code", "recovery_code", "This recovery code is wrong")],
)
async def test_a_wrong_code_is_said_and_can_be_corrected(browser, services, method, field, said):
    form = code_form((await log_in(browser)).text, "/log-in/second-factor", method)
    services.auth.refuse("POST", "/auth/login/second-factor", 401, "second-factor-invalid")

    answer = await browser.submit(form, {field: "000000"})

    assert answer.status_code == 422
    assert said in Page(answer.text).text
    assert code_form(answer.text, "/log-in/second-factor", method).fields["challenge"] == CHALLENGED
    assert (
        "open" in next(attributes for tag, attributes in Page(answer.text).tags if tag == "details")
        or field == "app_code"
    )


@pytest.mark.usefixtures("challenged")
async def test_an_empty_code_is_said(browser, services):
    form = code_form((await log_in(browser)).text, "/log-in/second-factor")

    answer = await browser.submit(form, {"app_code": " "})

    assert (answer.status_code, "Enter the code." in Page(answer.text).text) == (422, True)
    assert not services.auth.asked("POST", "/auth/login/second-factor")


@pytest.mark.usefixtures("challenged")
@pytest.mark.parametrize(("status", "code"), [(401, "challenge-invalid"), (409, "login-superseded")])
async def test_a_log_in_that_took_too_long_starts_again(browser, services, status, code):
    form = code_form((await log_in(browser, "/log-in?next=/account")).text, "/log-in/second-factor")
    services.auth.refuse("POST", "/auth/login/second-factor", status, code)

    answer = await browser.submit(form, {"app_code": "123456"})

    assert answer.status_code == 422
    assert "That took too long. Log in again." in Page(answer.text).text
    assert Page(answer.text).form("/log-in").fields["next"] == "/account"


@pytest.mark.usefixtures("challenged")
@pytest.mark.parametrize(("status", "said"), [(429, "Too many attempts."), (503, "We cannot do that right now.")])
async def test_the_second_step_can_be_repeated_later(browser, services, status, said):
    form = code_form((await log_in(browser)).text, "/log-in/second-factor")
    services.auth.refuse("POST", "/auth/login/second-factor", status, "x")

    answer = await browser.submit(form, {"app_code": "123456"})

    assert answer.status_code == status
    assert said in Page(answer.text).text
    assert code_form(answer.text, "/log-in/second-factor").fields["challenge"] == CHALLENGED


@pytest.mark.usefixtures("challenged")
async def test_the_second_step_takes_no_form_of_another_site(browser):
    form = code_form((await log_in(browser)).text, "/log-in/second-factor")

    answer = await browser.submit(form, {"form_token": base64.b64encode(b"x" * 64).decode()})

    assert answer.status_code == 403


async def test_the_address_of_the_second_step_leads_to_the_log_in(browser):
    assert (await browser.get("/log-in/second-factor")).headers["location"] == "/log-in"


@pytest.mark.usefixtures("challenged")
async def test_deleting_the_account_takes_a_code_after_the_password(member, services, tokens):
    services.member.on("DELETE", "/api/members/me", 204)
    form = (await member.page("/account/delete")).form("/account/delete")

    asked_for = await member.submit(form, {"current_password": "correct horse"})
    assert not services.member.asked("DELETE", "/api/members/me")
    form = code_form(asked_for.text, "/account/delete")
    done = await member.submit(form, {"app_code": "123456"})

    assert done.headers["location"] == "/?notice=account-deleted"
    [deleted] = services.member.asked("DELETE", "/api/members/me")
    assert deleted["headers"]["Authorization"] == f"Bearer {tokens['access_token']}"


@pytest.mark.usefixtures("challenged")
@pytest.mark.parametrize(
    ("status", "code", "said", "asks_for"),
    [
        (401, "second-factor-invalid", "This code is wrong", "app_code"),
        (401, "challenge-invalid", "That took too long.", "current_password"),
        (429, "too-many-attempts", "Too many attempts.", "app_code"),
        (503, "x", "We cannot do that right now.", "app_code"),
    ],
)
async def test_a_deletion_without_a_right_code_deletes_nothing(member, services, status, code, said, asks_for):
    form = (await member.page("/account/delete")).form("/account/delete")
    asked_for = await member.submit(form, {"current_password": "correct horse"})
    services.auth.refuse("POST", "/auth/login/second-factor", status, code)

    answer = await member.submit(code_form(asked_for.text, "/account/delete"), {"app_code": "000000"})

    assert answer.status_code == (422 if status == 401 else status)
    assert said in Page(answer.text).text
    assert asks_for in Page(answer.text).form("/account/delete").fields
    assert not services.member.asked("DELETE", "/api/members/me")


OTHER = MEMBER | {"id": "01990000-0000-7000-8000-000000000002", "display_name": "Grace", "email": "grace@example.com"}
RESET = f"/admin/members/{OTHER['id']}/two-step"
RESET_API = f"/api/admin/members/{OTHER['id']}/reset-factors"


@pytest.fixture
def other(services):
    """Another member, with a second factor."""
    services.member.on("GET", "/api/admin/members", 200, {"items": [OTHER], "next": None})
    services.member.on("GET", f"/api/admin/members/{OTHER['id']}", 200, OTHER)
    services.member.on("GET", f"/api/admin/members/{OTHER['id']}/factors", 200, ON)
    services.member.on("POST", RESET_API, 200, OTHER)


@pytest.mark.usefixtures("other")
async def test_an_administrator_resets_a_members_factors_with_a_reason(admin, services):
    assert RESET in (await admin.page("/admin/members")).links
    page = await admin.page(RESET)
    assert "grace@example.com" in page.text

    answer = await admin.submit(page.form(RESET), {"reason": " Lost phone "})

    assert answer.headers["location"] == "/admin/members?notice=factors-reset"
    [asked] = services.member.asked("POST", RESET_API)
    assert asked["json"] == {"reason": "Lost phone"}
    assert asked["headers"]["X-Idempotency-Key"]


@pytest.mark.usefixtures("other")
async def test_a_reset_needs_a_reason(admin, services):
    answer = await admin.submit((await admin.page(RESET)).form(RESET), {"reason": " "})

    assert (answer.status_code, "Enter a reason" in Page(answer.text).text) == (422, True)
    assert not services.member.asked("POST", RESET_API)


@pytest.mark.usefixtures("other")
async def test_a_reset_may_ask_for_a_fresh_log_in(admin, services):
    services.member.refuse("POST", RESET_API, 401, "reauthentication-required")

    answer = await admin.submit((await admin.page(RESET)).form(RESET), {"reason": "Lost phone"})

    assert answer.headers["location"] == f"/log-in?again&next={RESET}"


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (503, "x", "We cannot do that right now."),
        (404, "factor-not-found", "That did not work."),
        (422, "payload-invalid", "Enter a reason"),
    ],
)
async def test_a_reset_that_is_refused_says_so(admin, services, status, code, said):
    errors = [{"pointer": "/reason", "code": "too-long", "detail": ""}] if status == 422 else []
    services.member.refuse("POST", RESET_API, status, code, errors=errors)

    answer = await admin.submit((await admin.page(RESET)).form(RESET), {"reason": "Lost phone"})

    assert answer.status_code == status
    assert said in Page(answer.text).text
    assert Page(answer.text).form(RESET).fields["reason"] == "Lost phone"


@pytest.mark.usefixtures("other")
async def test_a_member_without_factors_has_none_to_reset(admin, services):
    services.member.on(
        "GET", f"/api/admin/members/{OTHER['id']}/factors", 200, {"totp": None, "recovery_codes_left": 0}
    )

    page = await admin.page(RESET)

    assert "does not use two-step verification" in page.text
    assert RESET not in [form.action for form in page.forms]


@pytest.mark.usefixtures("other")
async def test_passkeys_alone_can_be_reset(admin, services):
    factors = {"totp": None, "recovery_codes_left": 0, "passkeys": 2}
    services.member.on("GET", f"/api/admin/members/{OTHER['id']}/factors", 200, factors)

    page = await admin.page(RESET)

    assert "The member has 2 passkeys. A reset removes them." in page.text
    assert RESET in [form.action for form in page.forms]


@pytest.mark.usefixtures("other")
async def test_only_an_administrator_sees_a_members_factors(member, browser):
    assert (await member.get(RESET)).status_code == 403
    member.token = None
    assert (await browser.get(RESET)).headers["location"].startswith("/log-in")
