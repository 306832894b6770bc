"""Only our own pages' forms do anything (ASVS 3.5)."""

from __future__ import annotations

import pytest

from blackbox.pages import Page
from platform_web.visitor import form_token
from platform_web.visitor.forms import ANY_SESSION
from platform_web.visitor.urls import safe_redirect_path, with_notice
from webtests.browser import HTML, cookie_lines


@pytest.fixture
async def form(browser):
    return (await browser.page("/log-in")).form("/log-in")


FOREIGN = form_token.token_for("A" * 24, ANY_SESSION)


@pytest.mark.parametrize("token", ["", "x", "A" * 48, "not base64!", FOREIGN], ids=range(5))
async def test_a_form_with_another_token_does_nothing_and_says_what_to_do(browser, services, form, token):
    response = await browser.submit(form, {"form_token": token, "email": "a@example.com", "password": "x"})

    assert response.status_code == 403
    assert "was open for too long. Open it again" in Page(response.text).text
    assert "/problems/csrf-token-invalid" in Page(response.text).links
    assert not services.auth.requests


async def test_a_form_of_another_visitor_does_nothing(make_browser, form):
    other = await make_browser()
    await other.page("/log-in")

    assert (await other.submit(form)).status_code == 403


async def test_a_form_with_its_token_is_accepted_without_an_origin(browser, services, form):
    services.auth.refuse("POST", "/auth/login", 401, "credentials-invalid")

    response = await browser.http.post(form.action, data=form.fields | {"email": "a", "password": "b"})

    assert response.status_code == 422


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"email": "a"}', "application/json"),
        (b"email=a", "text/plain"),
        (b"email=a&email=b", "application/x-www-form-urlencoded"),
        (b"email=%00", "application/x-www-form-urlencoded"),
        (b"email=%ff", "application/x-www-form-urlencoded"),
        ("email=ü".encode(), "application/x-www-form-urlencoded"),
        (b"&".join(b"f%d=x" % number for number in range(101)), "application/x-www-form-urlencoded"),
    ],
)
async def test_what_is_no_form_is_refused(browser, body, media_type):
    headers = {"Content-Type": media_type, "Sec-Fetch-Site": "same-origin", "Accept": HTML}

    response = await browser.http.post("/log-in", content=body, headers=headers)

    assert response.status_code == 400


async def test_a_form_that_is_too_long_gets_a_page_too(browser):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": HTML}

    response = await browser.http.post("/log-in", content=b"x" * 70_000, headers=headers)

    assert response.status_code == 413
    assert "The request is too large" in response.text


async def test_the_same_visitors_forms_look_different_each_time(browser, form):
    """So that the length of a compressed page reveals nothing about the token."""
    again = (await browser.page("/log-in")).form("/log-in")

    assert again.fields["form_token"] != form.fields["form_token"]
    assert len(cookie_lines(await browser.get("/log-in"))) == 0, "the cookie stays the same"


async def test_a_key_that_is_none_of_ours_is_replaced(browser, services):
    services.auth.on("POST", "/auth/register", 201, {})
    form = (await browser.page("/sign-up")).form("/sign-up")
    given = {"email": "a@example.com", "password": "12345678", "display_name": "A", "key": "a b\r\nX: y"}

    await browser.submit(form, given)

    [asked] = services.auth.asked("POST", "/auth/register")
    assert asked["headers"]["X-Idempotency-Key"].isalnum()


@pytest.mark.parametrize("place", ["/", "/orders?x=1", "/a//b", "/products?q=%EC%B0%A8"])
def test_places_on_this_site_are_kept(place):
    assert safe_redirect_path(place, "/otherwise") == place


@pytest.mark.parametrize(
    "place", ["", "a", "//a", "/\\a", "\\/a", "http://a", "/a\n", "/a b", "/\t/a", "/" + "a" * 2000]
)
def test_places_elsewhere_are_not(place):
    assert safe_redirect_path(place, "/otherwise") == "/otherwise"


def test_a_notice_takes_the_place_of_an_older_one():
    assert with_notice("/cart", "added") == "/cart?notice=added"
    assert with_notice("/cart?notice=removed&x=1", "added") == "/cart?x=1&notice=added"
