"""Log-in, session_renewer and log-out: web alone sets and clears the session's cookies."""

from __future__ import annotations

import pytest

from blackbox.pages import Page
from webtests.browser import SITE, cookie_lines
from webtests.services import MEMBER

ACCESS, REFRESH = "__Host-access", "__Host-refresh"


@pytest.fixture
def log_in_works(services, tokens):
    services.auth.on("POST", "/auth/login", 200, tokens | {"member": MEMBER})


async def log_in(browser, place: str = "/log-in", **changes: str):
    form = (await browser.page(place)).form("/log-in")
    return await browser.submit(form, {"email": "ada@example.com", "password": "correct horse", **changes})


@pytest.mark.usefixtures("log_in_works")
async def test_a_log_in_sets_both_cookies_for_this_host_scripts_and_other_sites_excluded(browser, tokens):
    response = await log_in(browser)

    assert response.status_code == 303
    assert response.headers["location"] == "/?notice=logged-in"
    lines = cookie_lines(response)
    assert lines[ACCESS] == f"{ACCESS}={tokens['access_token']}; Path=/; Max-Age=900; Secure; HttpOnly; SameSite=Lax"
    assert lines[REFRESH] == (
        f"{REFRESH}={tokens['refresh_token']}; Path=/; Max-Age=604800; Secure; HttpOnly; SameSite=Lax"
    )


@pytest.mark.usefixtures("log_in_works")
async def test_over_plain_http_on_loopback_a_setting_drops_prefix_and_secure(make_browser):
    browser = await make_browser(insecure_cookies_for_local_development=True)

    lines = cookie_lines(await log_in(browser))

    assert {"access", "refresh"} <= lines.keys()
    assert not [line for line in lines.values() if "Secure" in line]


@pytest.mark.usefixtures("log_in_works")
async def test_a_log_in_leads_to_where_the_visitor_wanted_to_be(browser):
    asked = await browser.get("/account/sessions?x=1")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/log-in?next=/account/sessions%3Fx%3D1"

    response = await log_in(browser, asked.headers["location"])

    assert response.headers["location"] == "/account/sessions?x=1&notice=logged-in"


@pytest.mark.parametrize(
    "place", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:x", "/a\tb", ""]
)
@pytest.mark.usefixtures("log_in_works")
async def test_a_log_in_leads_to_no_other_site(browser, place):
    response = await log_in(browser, next=place)

    assert response.headers["location"] == "/?notice=logged-in"


async def test_wrong_credentials_are_said_on_the_page_and_the_address_stays(browser, services):
    services.auth.refuse("POST", "/auth/login", 401, "credentials-invalid")

    response = await log_in(browser)

    assert response.status_code == 422
    page = Page(response.text)
    assert "The e-mail address or password is incorrect." in page.text
    assert page.form("/log-in").fields["email"] == "ada@example.com"
    assert page.form("/log-in").fields["password"] == ""
    assert ACCESS not in cookie_lines(response)


async def test_a_throttled_log_in_says_so(browser, services):
    services.auth.on("POST", "/auth/login", 429, {"code": "too-many-attempts"}, Retry_After="120")

    response = await log_in(browser)

    assert (response.status_code, response.headers["retry-after"]) == (429, "120")
    assert "Too many attempts" in Page(response.text).text


async def test_a_log_in_while_auth_is_unavailable_says_so_and_may_be_tried_again(browser, services):
    form = (await browser.page("/log-in")).form("/log-in")
    await services.auth.stop()

    response = await browser.submit(form, {"email": "ada@example.com", "password": "correct horse"})

    assert response.status_code == 503
    assert "try again in a moment" in Page(response.text).text


@pytest.mark.usefixtures("log_in_works")
async def test_auth_is_told_the_visitors_own_address_and_browser(make_browser, services):
    for address in ("198.51.100.7", "203.0.113.80"):
        await log_in(await make_browser(address))

    asked = services.auth.asked("POST", "/auth/login")
    assert [request["headers"]["X-Forwarded-For"] for request in asked] == ["198.51.100.7", "203.0.113.80"]
    assert all("Firefox" in request["headers"]["User-Agent"] for request in asked)


async def test_a_cookie_alone_is_no_identity(browser, tokens):
    """Only what the edge hands on counts: it has asked whether the session is alive."""
    browser.http.cookies.set(ACCESS, tokens["access_token"])

    assert (await browser.get("/account")).status_code == 303


@pytest.mark.parametrize("spoofed", [{"X_Auth_Subject": "0198-member"}, {"Authorization": "Bearer a.b.c"}])
async def test_headers_that_anyone_can_send_are_no_identity(browser, spoofed):
    assert (await browser.get("/account", **spoofed)).status_code == 303


async def test_an_expired_access_token_is_renewed_on_the_page_itself(browser, services, tokens):
    services.auth.on("POST", "/auth/refresh", 200, tokens)
    browser.http.cookies.set(REFRESH, "an-older-token_0123456789")

    response = await browser.get("/account")

    assert response.status_code == 200
    assert "ada@example.com" in response.text
    assert {ACCESS, REFRESH} <= cookie_lines(response).keys()
    [asked] = services.auth.asked("POST", "/auth/refresh")
    assert asked["json"] == {"refresh_token": "an-older-token_0123456789"}
    assert services.member.requests[0]["headers"]["Authorization"] == f"Bearer {tokens['access_token']}"


async def test_a_refused_refresh_token_is_taken_from_the_browser(browser, services):
    services.auth.refuse("POST", "/auth/refresh", 401, "session-revoked")
    browser.http.cookies.set(REFRESH, "an-older-token_0123456789")

    response = await browser.get("/")

    assert response.status_code == 200
    lines = cookie_lines(response)
    assert "Max-Age=0" in lines[REFRESH]
    assert "Max-Age=0" in lines[ACCESS]


async def test_a_session_that_was_renewed_too_often_keeps_its_cookies(browser, services):
    services.auth.refuse("POST", "/auth/refresh", 429, "too-many-attempts")
    browser.http.cookies.set(REFRESH, "an-older-token_0123456789")

    response = await browser.get("/")

    assert response.status_code == 200
    assert REFRESH not in cookie_lines(response)


async def test_while_auth_is_unavailable_pages_come_the_cookies_stay_and_the_page_says_so(browser, services):
    await services.auth.stop()
    browser.http.cookies.set(REFRESH, "an-older-token_0123456789")

    response = await browser.get("/")

    assert response.status_code == 200
    assert "We cannot check your log-in right now" in response.text
    assert REFRESH not in cookie_lines(response)


async def test_members_pages_do_not_send_to_the_log_in_while_auth_is_unavailable(browser, services):
    await services.auth.stop()
    browser.http.cookies.set(REFRESH, "an-older-token_0123456789")

    assert (await browser.get("/account")).status_code == 503


async def test_a_script_renews_by_a_request_of_its_own(browser, services, tokens):
    services.auth.on("POST", "/auth/refresh", 200, tokens)
    browser.http.cookies.set(REFRESH, "an-older-token_0123456789")

    response = await browser.post("/session/refresh")

    assert response.status_code == 204
    assert {ACCESS, REFRESH} <= cookie_lines(response).keys()
    assert len(services.auth.asked("POST", "/auth/refresh")) == 1


async def test_a_renewal_without_a_session_is_401(browser):
    response = await browser.post("/session/refresh")

    assert response.status_code == 401
    assert response.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "https://elsewhere.example"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "null"},
    ],
)
async def test_another_site_cannot_have_a_session_renewed(browser, services, headers):
    browser.http.cookies.set(REFRESH, "an-older-token_0123456789")

    response = await browser.post("/session/refresh", **headers)

    assert (response.status_code, response.json()["code"]) == (403, "cross-site-request")
    assert not services.auth.asked("POST", "/auth/refresh")


async def test_without_proof_of_where_it_comes_from_nothing_is_renewed(browser):
    response = await browser.http.post("/session/refresh", headers={"Accept": "*/*"})

    assert response.status_code == 403


async def test_a_log_out_ends_the_session_and_clears_the_cookies(member, services):
    services.auth.on("POST", "/auth/logout", 204)
    form = (await member.page("/account")).form("/log-out")

    response = await member.submit(form)

    assert response.headers["location"] == "/?notice=logged-out"
    assert all("Max-Age=0" in cookie_lines(response)[name] for name in (ACCESS, REFRESH))
    assert len(services.auth.asked("POST", "/auth/logout")) == 1


async def test_a_log_out_that_auth_did_not_hear_of_is_no_success(member, services):
    form = (await member.page("/account")).form("/log-out")
    await services.auth.stop()

    response = await member.submit(form)

    assert response.status_code == 503
    assert "Max-Age=0" in cookie_lines(response)[REFRESH]


async def test_a_sign_up_makes_an_account_once_for_one_form_and_logs_in(browser, services, tokens):
    services.auth.on("POST", "/auth/register", 201, MEMBER)
    services.auth.on("POST", "/auth/login", 200, tokens | {"member": MEMBER})
    form = (await browser.page("/sign-up")).form("/sign-up")
    given = {"email": "ada@example.com", "password": "correct horse battery", "display_name": "Ada"}

    first, second = await browser.submit(form, given), await browser.submit(form, given)

    assert {first.headers["location"], second.headers["location"]} == {"/?notice=welcome"}
    assert REFRESH in cookie_lines(first)
    keys = {request["headers"]["X-Idempotency-Key"] for request in services.auth.asked("POST", "/auth/register")}
    bodies = {request["body"] for request in services.auth.asked("POST", "/auth/register")}
    assert keys == {form.fields["key"]}
    assert len(bodies) == 1


async def test_a_sign_up_with_a_taken_address_or_a_weak_password_says_so_at_the_field(browser, services):
    form = (await browser.page("/sign-up")).form("/sign-up")
    given = {"email": "ada@example.com", "password": "password", "display_name": "Ada"}
    error = {"pointer": "/password", "code": "password-common", "detail": "…"}

    services.auth.refuse("POST", "/auth/register", 409, "email-taken")
    taken = await browser.submit(form, given)
    services.auth.refuse("POST", "/auth/register", 422, "payload-invalid", errors=[error])
    weak = await browser.submit(form, given)

    assert (taken.status_code, weak.status_code) == (409, 422)
    assert "An account with this e-mail address already exists" in taken.text
    assert "too common" in weak.text
    assert Page(weak.text).form("/sign-up").fields["key"] != form.fields["key"], "another intent has another key"


async def test_a_sign_up_whose_outcome_is_unknown_keeps_its_key(browser, services):
    form = (await browser.page("/sign-up")).form("/sign-up")
    services.auth.hang("POST", "/auth/register")

    response = await browser.submit(form, {"email": "a@example.com", "password": "12345678", "display_name": "A"})

    assert response.status_code == 503
    assert Page(response.text).form("/sign-up").fields["key"] == form.fields["key"]


def test_the_site_of_the_tests_is_https():
    """Cookies with `Secure` would not come back otherwise, and half of these tests would show nothing."""
    assert SITE.startswith("https://")


@pytest.mark.parametrize("value", ["x", "a.b.c", "e30.e30.e30", "x" * 5000, '"quoted"'])
async def test_an_access_cookie_that_is_not_ours_means_a_visitor_without_a_session_and_is_removed(browser, value):
    """The edge has ignored it, so it sends no `Authorization`."""
    browser.http.cookies.set(ACCESS, value)

    response = await browser.get("/log-in")

    assert response.status_code == 200
    assert "Max-Age=0" in cookie_lines(response)[ACCESS]
    assert REFRESH not in cookie_lines(response)


@pytest.mark.parametrize("claims", [{"iss": "https://elsewhere.test"}, {"aud": "another"}, {"exp": 1000}])
async def test_a_token_from_before_a_change_of_issuer_or_audience_is_removed(browser, make_token, claims):
    browser.http.cookies.set(ACCESS, make_token(**claims))

    response = await browser.get("/")

    assert "Max-Age=0" in cookie_lines(response)[ACCESS]
    assert "Log in" in response.text


async def test_after_a_change_of_issuer_the_refresh_cookie_opens_the_session_again(
    browser, services, tokens, make_token
):
    services.auth.on("POST", "/auth/refresh", 200, tokens)
    browser.http.cookies.set(ACCESS, make_token(iss="https://elsewhere.test"))
    browser.http.cookies.set(REFRESH, "an-older-token_0123456789")

    response = await browser.get("/account")

    assert response.status_code == 200
    assert tokens["access_token"] in cookie_lines(response)[ACCESS]


async def test_a_good_access_cookie_that_the_edge_has_not_accepted_stays(browser, tokens):
    """The edge may not have checked the session; the cookie expires by itself."""
    browser.http.cookies.set(ACCESS, tokens["access_token"])

    assert ACCESS not in cookie_lines(await browser.get("/"))


@pytest.mark.parametrize("refresh", ["", "x", "from-elsewhere_0123456789"])
async def test_a_foreign_refresh_cookie_does_not_end_a_session_that_is_alive(member, services, tokens, refresh):
    services.auth.refuse("POST", "/auth/refresh", 401, "refresh-token-unknown")
    member.http.cookies.set(ACCESS, tokens["access_token"])
    member.http.cookies.set(REFRESH, refresh)

    page = await member.get("/account")
    renewed = await member.post("/session/refresh")

    assert page.status_code == 200
    assert not cookie_lines(page).keys() & {ACCESS, REFRESH}
    assert renewed.status_code == 401
    assert ACCESS not in cookie_lines(renewed)


@pytest.mark.parametrize("foreign", ["", "from-elsewhere_0123456789", "x"])
@pytest.mark.parametrize("foreign_first", [True, False])
async def test_a_session_is_renewed_next_to_a_refresh_cookie_of_another_site(
    make_browser, services, tokens, foreign, foreign_first
):
    """Over plain HTTP a sibling subdomain can set a cookie of that name for the whole domain."""
    browser = await make_browser(insecure_cookies_for_local_development=True)
    ours = "an-older-token_0123456789"
    services.auth.on("POST", "/auth/refresh", 200, tokens)
    services.auth.refuses = lambda request: None if (request["json"] or {}).get("refresh_token", ours) == ours else 401
    values = [foreign, ours] if foreign_first else [ours, foreign]

    response = await browser.get("/account", Cookie="; ".join(f"refresh={value}" for value in values))

    assert response.status_code == 200
    assert tokens["refresh_token"] in cookie_lines(response)["refresh"]


@pytest.mark.parametrize(("status", "code"), [(429, "too-many-attempts"), (409, "conflict"), (503, "unavailable")])
async def test_a_renewal_that_is_put_off_keeps_the_cookies(browser, services, status, code):
    services.auth.refuse("POST", "/auth/refresh", status, code)
    browser.http.cookies.set(REFRESH, "an-older-token_0123456789")

    response = await browser.get("/")

    assert "We cannot check your log-in right now" in response.text
    assert not cookie_lines(response).keys() & {ACCESS, REFRESH}


async def test_while_auth_hangs_pages_come_the_cookies_stay_and_the_page_says_so(make_browser, services):
    browser = await make_browser(read_timeout_seconds=0.2, write_timeout_seconds=60.0)
    services.auth.hang("POST", "/auth/refresh")
    browser.http.cookies.set(REFRESH, "an-older-token_0123456789")

    response = await browser.get("/")

    assert "We cannot check your log-in right now" in response.text
    assert REFRESH not in cookie_lines(response)
