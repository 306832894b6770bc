"""The member's own pages."""

from __future__ import annotations

import pytest

from blackbox.pages import Page
from webtests.browser import cookie_lines
from webtests.services import MEMBER, MEMBER_ID

SESSION = {
    "id": "01990000-0000-7000-8000-0000000000aa",
    "current": False,
    "created_at": "2026-01-02T03:04:05Z",
    "renewed_at": "2026-01-02T03:04:05Z",
    "expires_at": "2026-02-02T03:04:05Z",
    "address": "198.51.100.7",
    "user_agent": "Mozilla/5.0 (iPhone) Version/18 Safari/605",
}


async def test_a_change_names_the_version_that_was_read_and_a_key(member, services):
    services.member.on("PATCH", "/api/members/me", 200, MEMBER)
    form = (await member.page("/account")).form("/account/profile")

    response = await member.submit(form, {"display_name": " Ada Lovelace ", "locale": "ko"})

    assert response.headers["location"] == "/account?notice=saved"
    assert cookie_lines(response)["__Host-lang"].startswith("__Host-lang=ko;")
    [asked] = services.member.asked("PATCH", "/api/members/me")
    assert asked["json"] == {"display_name": "Ada Lovelace", "email": "ada@example.com", "locale": "ko"}
    assert asked["headers"]["If-Match"] == '"3"'
    assert asked["headers"]["X-Idempotency-Key"] == form.fields["key"]


async def test_a_change_made_elsewhere_is_shown_and_nothing_is_overwritten(member, services):
    form = (await member.page("/account")).form("/account/profile")
    services.member.refuse("PATCH", "/api/members/me", 412, "precondition-failed")
    services.member.on("GET", "/api/members/me", 200, MEMBER | {"display_name": "Grace", "version": 4})

    response = await member.submit(form, {"display_name": "Ada L."})

    page = Page(response.text)
    assert response.status_code == 412
    assert "was changed elsewhere" in page.text
    assert page.form("/account/profile").fields["display_name"] == "Grace"
    assert page.form("/account/profile").fields["version"] == "4"


@pytest.mark.parametrize(
    ("status", "code", "errors", "said"),
    [
        (409, "email-taken", [], "already exists"),
        (
            422,
            "payload-invalid",
            [{"pointer": "/email", "code": "value-error", "detail": ""}],
            "Enter an e-mail address",
        ),
        (422, "payload-invalid", [{"pointer": "/display_name", "code": "too-long", "detail": ""}], "Enter a name"),
        (
            422,
            "payload-invalid",
            [{"pointer": "/display_name", "code": "invisible-character", "detail": ""}],
            "Remove the invisible characters",
        ),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_stays(member, services, status, code, errors, said):
    form = (await member.page("/account")).form("/account/profile")
    services.member.refuse("PATCH", "/api/members/me", status, code, errors=errors)

    response = await member.submit(form, {"display_name": "Typed", "email": "typed"})

    page = Page(response.text)
    assert response.status_code == status
    assert said in page.text
    assert page.form("/account/profile").fields["display_name"] == "Typed"


async def test_another_e_mail_address_may_ask_for_a_fresh_log_in(member, services):
    form = (await member.page("/account")).form("/account/profile")
    services.member.refuse("PATCH", "/api/members/me", 401, "reauthentication-required")

    response = await member.submit(form, {"email": "other@example.com"})

    assert response.headers["location"] == "/log-in?again&next=/account"
    assert (await member.page("/log-in?again&next=/account")).form("/log-in").fields["again"] == "1"


async def test_what_is_typed_is_never_markup(member, services):
    services.member.on("GET", "/api/members/me", 200, MEMBER | {"display_name": '"><script>alert(1)</script>'})

    response = await member.get("/account")

    assert "<script>alert" not in response.text
    assert Page(response.text).form("/account/profile").fields["display_name"] == '"><script>alert(1)</script>'


async def test_the_profile_says_so_while_member_is_unavailable(member, services):
    await services.member.stop()

    page = await member.page("/account")

    assert "Your profile cannot be loaded right now" in page.text


async def test_a_new_password_gives_this_browser_new_tokens(member, services, tokens):
    services.auth.on("POST", "/auth/password", 200, tokens)
    form = (await member.page("/account/password")).form("/account/password")

    response = await member.submit(form, {"current_password": "old one", "new_password": "a new one"})

    assert response.headers["location"] == "/account/password?notice=password-changed"
    assert {"__Host-access", "__Host-refresh"} <= cookie_lines(response).keys()
    [asked] = services.auth.asked("POST", "/auth/password")
    assert asked["json"] == {"current_password": "old one", "new_password": "a new one"}


@pytest.mark.parametrize(
    ("status", "code", "pointer", "said"),
    [
        (422, "current-password-wrong", "/current_password", "The password is incorrect."),
        (422, "payload-invalid", "/new_password", "Use at least 8 characters."),
        (429, "too-many-attempts", None, "Too many attempts."),
    ],
)
async def test_a_refused_password_says_why(member, services, status, code, pointer, said):
    errors = [{"pointer": pointer, "code": "password-too-short", "detail": ""}] if pointer else []
    services.auth.refuse("POST", "/auth/password", status, code, errors=errors)
    form = (await member.page("/account/password")).form("/account/password")

    response = await member.submit(form, {"current_password": "x", "new_password": "y"})

    assert response.status_code in {422, 429}
    assert said in Page(response.text).text


async def test_sessions_are_listed_and_each_can_be_ended(member, services):
    services.auth.on("GET", "/auth/sessions", 200, {"items": [SESSION]})
    services.auth.on("DELETE", f"/auth/sessions/{SESSION['id']}", 204)

    page = await member.page("/account/sessions")
    response = await member.submit(page.form(f"/account/sessions/{SESSION['id']}/end"))

    assert "Safari · iPhone" in page.text
    assert "198.51.100.7" in page.text
    assert response.headers["location"] == "/account/sessions?notice=session-ended"


async def test_logging_out_everywhere_clears_this_browsers_cookies(member, services):
    services.auth.on("GET", "/auth/sessions", 200, {"items": [SESSION]})
    services.auth.on("POST", "/auth/logout-all", 204)
    form = (await member.page("/account/sessions")).form("/account/sessions/end-all")

    response = await member.submit(form)

    assert response.headers["location"] == "/?notice=logged-out-everywhere"
    assert "Max-Age=0" in cookie_lines(response)["__Host-refresh"]


async def test_deleting_the_account_takes_the_password(member, services, tokens):
    form = (await member.page("/account/delete")).form("/account/delete")

    services.auth.refuse("POST", "/auth/login", 401, "credentials-invalid")
    refused = await member.submit(form, {"current_password": "wrong"})
    assert refused.status_code == 422
    assert not services.member.asked("DELETE", "/api/members/me")

    services.auth.on("POST", "/auth/login", 200, tokens | {"member": MEMBER})
    services.member.on("DELETE", "/api/members/me", 204)
    response = await member.submit(form, {"current_password": "right"})

    assert response.headers["location"] == "/?notice=account-deleted"
    [asked] = services.member.asked("DELETE", "/api/members/me")
    assert asked["headers"]["Authorization"] == f"Bearer {tokens['access_token']}"


async def test_a_session_that_ended_meanwhile_leads_to_the_log_in(member, services):
    services.member.refuse("GET", "/api/members/me", 401, "account-inactive")

    response = await member.get("/account")

    assert response.headers["location"] == "/log-in?next=/account"


async def test_services_get_the_token_that_the_edge_handed_on(member, services):
    await member.page("/account")

    assert services.member.requests[0]["headers"]["Authorization"] == f"Bearer {member.token}"
    assert MEMBER_ID not in services.member.requests[0]["headers"].values()
