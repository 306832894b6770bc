"""Pages that mails lead to: opening a link does nothing, one click does; and they exist only where mails are sent."""

from __future__ import annotations

import pytest

from blackbox.pages import Page
from webtests.browser import cookie_lines
from webtests.services import MEMBER

FORGOT, RESET = ("POST", "/auth/password/forgot"), ("POST", "/auth/password/reset")
LINK, CODE, SEND = (("POST", f"/auth/email/verification{path}") for path in ("/link", "/code", ""))


@pytest.fixture
async def browser(make_browser):
    """A browser on a site that sends mails."""
    return await make_browser(mail_enabled=True)


async def test_opening_the_link_verifies_nothing_and_one_click_does(browser, services):
    services.auth.on(*LINK, 204)
    page = await browser.page("/verify-email?token=abc")
    assert services.auth.asked(*LINK) == []

    response = await browser.submit(page.form("/verify-email"))

    assert response.headers["location"] == "/?notice=email-verified"
    assert [asked["json"] for asked in services.auth.asked(*LINK)] == [{"token": "abc"}]


@pytest.mark.parametrize(("status", "said"), [(422, "has expired"), (429, "Too many attempts"), (503, "right now")])
async def test_a_link_that_does_not_work_is_explained(browser, services, status, said):
    services.auth.refuse(*LINK, status, "link-invalid")
    form = (await browser.page("/verify-email?token=abc")).form("/verify-email")

    response = await browser.submit(form)

    assert response.status_code == status
    assert said in Page(response.text).text


async def test_a_forgotten_password_has_the_same_page_for_every_address(browser, services):
    services.auth.on(*FORGOT, 202)
    form = (await browser.page("/forgot-password")).form("/forgot-password")

    responses = [await browser.submit(form, {"email": email}) for email in ("ada@example.com", "nobody@example.com")]

    assert {response.headers["location"] for response in responses} == {"/forgot-password/sent"}
    assert "If there is an account with this address" in (await browser.page("/forgot-password/sent")).text
    assert [asked["json"]["email"] for asked in services.auth.asked(*FORGOT)] == [
        "ada@example.com",
        "nobody@example.com",
    ]


async def test_an_empty_address_is_asked_for(browser, services):
    form = (await browser.page("/forgot-password")).form("/forgot-password")

    response = await browser.submit(form, {"email": " "})

    assert response.status_code == 422
    assert "Enter your e-mail address." in Page(response.text).text
    assert services.auth.asked(*FORGOT) == []


async def test_a_reset_leads_to_the_log_in_and_logs_this_browser_out(browser, sign_in, services):
    sign_in(browser)
    services.auth.on(*RESET, 204)
    form = (await browser.page("/reset-password?token=abc")).form("/reset-password")

    response = await browser.submit(form, {"new_password": "a loud evening in the city"})

    assert response.headers["location"] == "/log-in?notice=password-reset"
    assert "Max-Age=0" in cookie_lines(response)["__Host-access"]
    [asked] = services.auth.asked(*RESET)
    assert asked["json"] == {"token": "abc", "new_password": "a loud evening in the city"}
    browser.token = None
    assert "Log in with your new password" in (await browser.page("/log-in?notice=password-reset")).text


async def test_a_weak_password_keeps_the_link_on_the_page(browser, services):
    errors = [{"pointer": "/new_password", "code": "password-common", "detail": ""}]
    services.auth.refuse(*RESET, 422, "payload-invalid", errors=errors)
    form = (await browser.page("/reset-password?token=abc")).form("/reset-password")

    response = await browser.submit(form, {"new_password": "password1"})

    page = Page(response.text)
    assert response.status_code == 422
    assert "This password is too common" in page.text
    assert page.form("/reset-password").fields["token"] == "abc"
    assert page.form("/reset-password").fields["new_password"] == ""


async def test_a_used_reset_link_is_explained(browser, services):
    services.auth.refuse(*RESET, 422, "link-invalid")
    form = (await browser.page("/reset-password?token=abc")).form("/reset-password")

    response = await browser.submit(form, {"new_password": "a loud evening in the city"})

    assert "has expired" in Page(response.text).text


async def test_a_token_is_never_markup(browser):
    page = await browser.page("/reset-password?token=%22%3E%3Cscript%3E")

    assert page.form("/reset-password").fields["token"] == '"><script>'


async def test_the_profile_takes_the_code_until_the_address_is_verified(browser, sign_in, services):
    sign_in(browser)
    services.auth.on(*CODE, 204)
    form = (await browser.page("/account")).form("/account/email/code")

    response = await browser.submit(form, {"code": " 012 345 "})

    assert response.headers["location"] == "/account?notice=email-verified"
    [asked] = services.auth.asked(*CODE)
    assert asked["json"] == {"code": "012345"}
    services.member.on("GET", "/api/members/me", 200, MEMBER | {"email_verified": True})
    page = await browser.get("/account")
    assert "/account/email/code" not in page.text
    assert "Your e-mail address is confirmed." in page.text


async def test_a_wrong_code_is_said_at_its_field(browser, sign_in, services):
    sign_in(browser)
    services.auth.refuse(*CODE, 422, "email-code-invalid")
    form = (await browser.page("/account")).form("/account/email/code")

    response = await browser.submit(form, {"code": "000000"})

    assert response.status_code == 422
    assert "The code is wrong or has expired" in Page(response.text).text
    assert Page(response.text).form("/account/profile").fields["email"] == MEMBER["email"]


@pytest.mark.parametrize(("status", "said"), [(202, None), (429, "Too many attempts"), (503, "right now")])
async def test_another_mail_can_be_asked_for(browser, sign_in, services, status, said):
    sign_in(browser)
    if said:
        services.auth.refuse(*SEND, status, "too-many-attempts")
    else:
        services.auth.on(*SEND, status)
    form = (await browser.page("/account")).form("/account/email/send")

    response = await browser.submit(form)

    if said:
        assert said in Page(response.text).text
    else:
        assert response.headers["location"] == "/account?notice=verification-sent"


@pytest.mark.parametrize("path", ["/verify-email?token=t", "/forgot-password", "/reset-password?token=t"])
async def test_without_mails_the_pages_do_not_exist(make_browser, path):
    assert (await (await make_browser()).get(path)).status_code == 404


async def test_without_mails_no_page_mentions_them(make_browser, sign_in):
    browser = await make_browser()
    assert "/forgot-password" not in (await browser.get("/log-in")).text
    sign_in(browser)
    assert "/account/email" not in (await browser.get("/account")).text


@pytest.mark.parametrize("path", ["/verify-email", "/forgot-password", "/reset-password"])
async def test_a_form_of_another_site_is_refused(browser, services, path):
    page = await browser.page(f"{path}?token=t")

    response = await browser.submit(page.form(path), {"form_token": "forged", "email": "a@example.com"})

    assert response.status_code == 403
    assert services.auth.asked(*FORGOT) == []
