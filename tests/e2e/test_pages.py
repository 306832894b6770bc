"""The shop front as a visitor has it: pages and forms through edge and gateway, cookies, and no JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from blackbox.client import TIMEOUT, TLS, Account, Addresses, Session, new_account
from blackbox.own_platform import OwnPlatform
from blackbox.pages import Form, Page
from blackbox.waiting import eventually

PLAIN_HTTP = "log-in by pages needs TLS, or loopback"
# Where a sign-up leads: with a mail server, the notice speaks of the mail.
WELCOME = ("/?notice=welcome", "/?notice=welcome-verify")
ACCESS, REFRESH = ("__Host-access", "access"), ("__Host-refresh", "refresh")


class Browser:
    """A browser without JavaScript, with an address and a cookie jar of its own."""

    def __init__(self, base_url: str, address: str | None) -> None:
        self.base_url = base_url
        transport = httpx2.HTTPTransport(verify=TLS, local_address=address, trust_env=False)
        headers = {"Accept": "text/html", "Accept-Language": "en"}
        self.http = httpx2.Client(base_url=base_url, timeout=TIMEOUT, transport=transport, headers=headers)

    def page(self, path: str) -> Page:
        """Open a page that must come, by way of every redirect."""
        response = self.http.get(path, follow_redirects=True)
        assert response.status_code == 200, (path, response.status_code, response.text[:400])
        assert response.headers["cache-control"] == "no-store"
        return Page(response.text)

    def submit(self, form: Form, changes: dict[str, str] | None = None, **headers: str) -> httpx2.Response:
        """Send a form as it stands, but for `changes`."""
        sent = {"Origin": self.base_url, "Sec-Fetch-Site": "same-origin"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(form.action, data=form.fields | (changes or {}), headers=sent)

    def log_in(self, account: Account, place: str = "/account") -> httpx2.Response:
        """Log in by the form."""
        form = self.page(f"/log-in?next={place}").form("/log-in")
        return self.submit(form, {"email": account.email, "password": account.password})

    def cookie(self, names: tuple[str, ...]) -> str | None:
        """Return the value of the cookie that has one of these names."""
        return next((value for name in names if (value := self.http.cookies.get(name))), None)

    def forget(self, names: tuple[str, ...]) -> None:
        """Lose a cookie, as if its time were over."""
        for name in names:
            self.http.cookies.delete(name) if name in self.http.cookies else None


@pytest.fixture
def new_browser(base_url: str, addresses: Addresses) -> Iterator[Callable[[], Browser]]:
    """Open a browser; skips where it would keep no cookie, since the platform's are `Secure`."""
    if base_url.startswith("http:") and not addresses.several:
        pytest.skip(PLAIN_HTTP)
    with ExitStack() as stack:

        def make() -> Browser:
            browser = Browser(base_url, addresses.next())
            stack.callback(browser.http.close)
            return browser

        yield make


@pytest.fixture
def browser(new_browser: Callable[[], Browser]) -> Browser:
    """A browser that no one else uses."""
    return new_browser()


@pytest.fixture
def member_browser(browser: Browser, account: Account) -> Browser:
    """A browser whose visitor is logged in."""
    assert browser.log_in(account).status_code == 303
    return browser


def test_a_visitor_signs_up_changes_its_name_and_logs_out(browser: Browser):
    account = new_account()
    form = browser.page("/sign-up").form("/sign-up")

    joined = browser.submit(form, account.registration)
    assert joined.headers["location"] in WELCOME
    profile = browser.page("/account").form("/account/profile")
    assert profile.fields["email"] == account.email
    assert browser.submit(profile, {"display_name": "Grace"}).headers["location"] == "/account?notice=saved"
    assert browser.page("/account").form("/account/profile").fields["display_name"] == "Grace"
    out = browser.submit(browser.page("/account").form("/log-out"))

    assert out.headers["location"] == "/?notice=logged-out"
    assert (browser.cookie(ACCESS), browser.cookie(REFRESH)) == (None, None)
    assert browser.http.get("/account").headers["location"] == "/log-in?next=/account"


def test_a_sign_up_that_is_sent_twice_makes_one_account(browser: Browser, new_browser: Callable[[], Browser]):
    account = new_account()
    form = browser.page("/sign-up").form("/sign-up")

    for _ in range(2):
        assert browser.submit(form, account.registration).headers["location"] in WELCOME
    other = new_browser()
    again = other.submit(other.page("/sign-up").form("/sign-up"), account.registration)

    assert again.status_code == 409
    assert "already exists" in again.text


def test_a_log_out_elsewhere_is_seen_at_the_next_click(member_browser: Browser, account: Account, client):
    session: Session = client.log_in(account)

    assert session.post("/auth/logout-all").status_code == 204

    assert member_browser.http.get("/account").headers["location"] == "/log-in?next=/account"
    assert member_browser.cookie(REFRESH) is None, "what is of no use any more is taken from the browser"


def test_the_refresh_cookie_renews_a_session_on_the_page_itself(member_browser: Browser):
    before = member_browser.cookie(REFRESH)
    member_browser.forget(ACCESS)

    page = member_browser.page("/account")

    assert page.form("/account/profile")
    assert member_browser.cookie(ACCESS)
    assert member_browser.cookie(REFRESH) != before


def test_two_tabs_that_renew_at_once_both_stay_logged_in(member_browser: Browser):
    refresh = member_browser.cookie(REFRESH)
    member_browser.forget(ACCESS)
    cookies = {name: refresh or "" for name in REFRESH if name in member_browser.http.cookies}
    with httpx2.Client(base_url=member_browser.base_url, timeout=TIMEOUT, verify=TLS, trust_env=False) as other:
        headers = {"Accept": "text/html", "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        statuses = [member_browser.http.get("/account").status_code, other.get("/account", headers=headers).status_code]

    assert statuses == [200, 200]


def test_the_api_never_renews(member_browser: Browser):
    member_browser.forget(ACCESS)

    response = member_browser.http.get("/api/members/me", headers={"Accept": "application/json"})

    assert response.status_code == 401
    assert not response.headers.get_list("set-cookie")


def test_a_script_renews_and_then_calls_the_api_with_the_cookie(member_browser: Browser):
    member_browser.forget(ACCESS)
    own = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}

    assert member_browser.http.post("/session/refresh", headers=own).status_code == 204
    assert member_browser.http.get("/api/members/me", headers=own).status_code == 200


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Sec_Fetch_Site": "cross-site"}])
def test_a_form_that_another_site_sends_does_nothing(member_browser: Browser, headers: dict[str, str]):
    form = member_browser.page("/account").form("/log-out")

    assert member_browser.submit(form, None, **headers).status_code == 403
    assert member_browser.page("/account").form("/account/profile")


def test_a_form_without_our_token_does_nothing(member_browser: Browser):
    form = member_browser.page("/account").form("/account/profile")

    assert member_browser.submit(form, {"display_name": "Forged", "form_token": ""}).status_code == 403
    assert member_browser.page("/account").form("/account/profile").fields["display_name"] != "Forged"


def test_guessing_by_the_form_is_throttled_by_the_visitors_own_address(
    new_browser: Callable[[], Browser], several_addresses: Addresses, account: Account
):
    """web passes its visitor's address on: another visitor is not held up."""
    del several_addresses
    guesser = new_browser()
    form = guesser.page("/log-in").form("/log-in")
    statuses = [guesser.submit(form, {"email": account.email, "password": f"guess {n}"}).status_code for n in range(15)]

    assert set(statuses) == {422, 429}
    assert new_browser().log_in(account).status_code == 303


def test_the_session_list_shows_where_the_visitor_is(member_browser: Browser):
    page = member_browser.page("/account/sessions")

    assert "this device" in page.text


def test_a_visitor_buys_something_and_what_it_chose_before_the_log_in_is_there(browser: Browser, account: Account):
    product = browser.page(_a_product(browser))
    added = browser.submit(product.form("/cart/items"))
    assert added.headers["location"] == "/cart?notice=added", added.text[:400]

    assert browser.log_in(account, "/cart").status_code == 303
    cart = browser.page("/cart")
    assert [form for form in cart.forms if form.action.startswith("/cart/items/")], "the line came along"
    address = browser.page("/checkout").form("/checkout")
    given = {
        "recipient": "Ada",
        "phone": "010-1234-5678",
        "postal_code": "03045",
        "line1": "1 Street",
        "city": "Seoul",
        "payment": "ok",
    }
    assert browser.submit(address, given).headers["location"] == "/checkout/review"
    review = browser.page("/checkout/review").form("/checkout/place")
    places = [browser.submit(review).headers["location"] for _ in range(2)]

    assert places[0].startswith("/orders/")
    assert places[1] in {places[0], "/checkout", "/orders"}, "a second click places no second order"
    orders = browser.page("/orders")
    assert len({link for link in orders.links if link.startswith("/orders/")}) == 1
    eventually(lambda: "paid" in browser.page(places[0]).text, "the order is paid")


def test_pages_come_without_the_component_that_is_unavailable(own_platform: OwnPlatform, browser: Browser):
    with own_platform.paused("shop"):
        page = browser.page("/")

    assert "Our products cannot be loaded right now" in page.text


@pytest.mark.parametrize(("language", "title"), [("ko", "로그인 · Haru"), ("en", "Log in · Haru")])
def test_the_language_is_the_visitors_choice(browser: Browser, language: str, title: str):
    browser.submit(browser.page("/log-in").form("/preferences"), {"language": language})

    assert browser.page("/log-in").title == title


def test_assets_come_without_cookies_and_are_kept_for_ever(browser: Browser):
    page = browser.page("/")
    [style] = [a["href"] for tag, a in page.tags if tag == "link" and a.get("rel") == "stylesheet"]

    response = browser.http.get(style)

    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert not response.headers.get_list("set-cookie")


def test_a_page_weighs_little(browser: Browser):
    """At most 100 KB before pictures: the page, its styles and every script that it loads."""
    address = _a_product(browser)
    sizes: dict[str, int] = {}
    pending = [address]
    while pending:
        path = pending.pop()
        with browser.http.stream("GET", path) as response:
            raw = b"".join(response.iter_raw())
        sizes[path] = len(raw)
        text = browser.http.get(path).text
        found = [a.get("href") or a.get("src") or "" for tag, a in Page(text).tags if tag in {"link", "script"}]
        imported = [part.split('"')[0] for part in text.split('from "')[1:]]
        pending += [url for url in [*found, *imported] if url.startswith("/static/") and url not in sizes]

    assert len(sizes) >= 4
    assert sum(sizes.values()) <= 100_000, sizes


def _a_product(browser: Browser) -> str:
    links: list[Any] = [link for link in browser.page("/products").links if link.startswith("/products/")]
    assert links, "the shop has something to sell"
    return str(links[0])


def test_a_password_of_two_hundred_characters_works_and_one_of_three_hundred_is_refused_in_words(
    new_browser: Callable[[], Browser],
):
    account = new_account()
    registration = account.registration | {"password": "a password that goes on and on; " * 10}
    joining, returning = new_browser(), new_browser()

    refused = joining.submit(joining.page("/sign-up").form("/sign-up"), registration)
    registration["password"] = registration["password"][:200]
    joined = joining.submit(joining.page("/sign-up").form("/sign-up"), registration)
    form = returning.page("/log-in").form("/log-in")
    back = returning.submit(form, {"email": account.email, "password": registration["password"]})

    assert refused.status_code == 422
    assert "Use at most 256 characters." in refused.text
    assert joined.headers["location"] in WELCOME
    assert back.headers["location"] == "/?notice=logged-in"


@pytest.mark.parametrize("path", ["/robots.txt", "/.well-known/jwks.json", "/api/shop/products"])
def test_what_caches_may_keep_renews_no_session(member_browser: Browser, path: str):
    member_browser.forget(ACCESS)
    before = member_browser.cookie(REFRESH)

    response = member_browser.http.get(path)

    assert "public" in response.headers["cache-control"]
    assert "set-cookie" not in response.headers
    assert member_browser.cookie(REFRESH) == before


@pytest.mark.parametrize("value", ["x", "a.b.c", ""])
@pytest.mark.parametrize("path", ["/", "/log-in", "/products", "/cart"])
def test_a_cookie_of_our_name_that_is_not_ours_means_a_visitor_without_a_session(
    browser: Browser, path: str, value: str
):
    cookies = "; ".join(f"{name}={value}" for name in (*ACCESS, *REFRESH))

    response = browser.http.get(path, headers={"Cookie": cookies})

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")


def test_a_page_that_one_member_left_open_does_nothing_to_the_next(
    member_browser: Browser, new_member: Callable[[], Account]
):
    form = member_browser.page("/account/sessions").form("/account/sessions/end-all")
    member_browser.submit(member_browser.page("/account").form("/log-out"))
    member_browser.log_in(new_member())

    response = member_browser.submit(form)

    assert response.status_code == 403
    assert member_browser.page("/account").form("/account/profile")
