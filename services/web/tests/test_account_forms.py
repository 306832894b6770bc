"""Forms of accounts: what password managers read in them, and what they say of empty and of long fields."""

from __future__ import annotations

import pytest

from blackbox.pages import Page
from webtests.products import cart
from webtests.services import MEMBER

LONG = "correct horse battery staple " * 11
# Of each form: page, action, and the purpose of each field (WCAG 2.2, 1.3.5; HTML, autofill field names).
PURPOSES = {
    ("/log-in", "/log-in"): {"email": "username webauthn", "password": "current-password"},
    ("/sign-up", "/sign-up"): {"display_name": "name", "email": "username", "password": "new-password"},
    ("/account", "/account/profile"): {"display_name": "name", "email": "email", "locale": "language"},
    ("/account/password", "/account/password"): {
        "username": "username",
        "current_password": "current-password",
        "new_password": "new-password",
    },
    ("/account/delete", "/account/delete"): {"username": "username", "current_password": "current-password"},
    ("/checkout", "/checkout"): {
        "recipient": "shipping name",
        "phone": "shipping tel",
        "postal_code": "shipping postal-code",
        "city": "shipping address-level2",
        "line1": "shipping address-line1",
        "line2": "shipping address-line2",
        "country": "shipping country",
    },
}


@pytest.fixture(autouse=True)
def filled_cart(services):
    services.shop.on("GET", "/api/shop/cart", 200, cart())


async def open_page(browser, sign_in, path: str) -> Page:
    if path not in {"/log-in", "/sign-up"}:
        sign_in(browser)
    return await browser.page(path)


@pytest.mark.parametrize(("page", "purposes"), [(page, names) for (page, _), names in PURPOSES.items()])
async def test_every_field_says_what_it_is_for(browser, sign_in, page, purposes):
    tags = (await open_page(browser, sign_in, page)).tags

    named = {a["name"]: a for tag, a in tags if tag in {"input", "select"} and a.get("name") in purposes}
    assert {name: attributes.get("autocomplete") for name, attributes in named.items()} == purposes


@pytest.mark.parametrize("page", [page for page, _ in PURPOSES])
async def test_no_password_is_cut_or_kept_from_being_pasted(browser, sign_in, page):
    fields = [a for _, a in (await open_page(browser, sign_in, page)).tags if a.get("type") == "password"]

    assert fields or page in {"/account", "/checkout"}
    assert not [a for a in fields if "maxlength" in a or any(name.startswith("on") for name in a)]


@pytest.mark.parametrize("page", ["/account/password", "/account/delete"])
async def test_a_form_for_the_password_names_the_account_unless_member_is_unavailable(member, services, page):
    [field] = [a for _, a in (await member.page(page)).tags if a.get("autocomplete") == "username"]
    assert field["value"] == MEMBER["email"]

    await services.member.stop()

    assert not [a for _, a in (await member.page(page)).tags if a.get("autocomplete") == "username"]


async def test_password_managers_find_the_form_for_another_password(browser):
    response = await browser.get("/.well-known/change-password")

    assert (response.status_code, response.headers["location"]) == (303, "/account/password")


async def test_a_password_that_is_too_long_is_refused_in_words_and_reaches_the_service_whole(member, services):
    error = {"pointer": "/password", "code": "password-too-long", "detail": "…"}
    services.auth.refuse("POST", "/auth/register", 422, "payload-invalid", errors=[error])
    services.auth.refuse("POST", "/auth/password", 422, "payload-invalid", errors=[error])
    token, member.token = member.token, None
    sign_up = (await member.page("/sign-up")).form("/sign-up")
    joined = await member.submit(sign_up, {"email": "a@example.com", "display_name": "A", "password": LONG})
    member.token = token
    change = (await member.page("/account/password")).form("/account/password")
    changed = await member.submit(change, {"current_password": "x", "new_password": LONG})

    for response in (joined, changed):
        assert response.status_code == 422
        assert "Use at most 256 characters." in Page(response.text).text
    assert services.auth.asked("POST", "/auth/register")[0]["json"]["password"] == LONG
    assert services.auth.asked("POST", "/auth/password")[0]["json"]["new_password"] == LONG


EMPTY = [
    ("/log-in", "/log-in", ["Enter your e-mail address.", "Enter a password."]),
    ("/sign-up", "/sign-up", ["Enter your name.", "Enter your e-mail address.", "Enter a password."]),
    ("/account", "/account/profile", ["Enter your name.", "Enter your e-mail address."]),
    ("/account/password", "/account/password", ["Enter your current password.", "Enter a password."]),
    ("/account/delete", "/account/delete", ["Enter your current password."]),
]


@pytest.mark.parametrize(("page", "action", "said"), EMPTY)
@pytest.mark.parametrize("blank", ["", "  "])
async def test_an_empty_field_is_named_as_empty(browser, services, sign_in, page, action, said, blank):
    form = (await open_page(browser, sign_in, page)).form(action)
    names = [name for name in PURPOSES[page, action] if name not in {"username", "locale"}]

    response = await browser.submit(form, dict.fromkeys(names, blank))

    assert response.status_code == 422
    text = Page(response.text).text
    assert [sentence for sentence in said if text.count(sentence) != 2] == [], "at the top and at the field"
    assert not [r for service in services for r in service.requests if r["method"] != "GET"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("/checkout", "Log in to continue with your order."),
        ("/checkout/review", "Log in to continue with your order."),
        ("/orders", "Log in to see your orders."),
    ],
)
async def test_the_log_in_says_why_it_is_asked_for_also_after_a_wrong_password(browser, services, place, reason):
    services.auth.refuse("POST", "/auth/login", 401, "credentials-invalid")
    asked = await browser.get(place)
    page = await browser.page(asked.headers["location"])
    refused = await browser.submit(page.form("/log-in"), {"email": "a@example.com", "password": "x"})

    assert reason in page.text
    assert reason in Page(refused.text).text


async def test_the_log_in_of_a_page_leads_back_to_it(browser):
    links = (await browser.page("/cart?notice=removed")).links

    assert "/log-in?next=/cart%3Fnotice%3Dremoved" in links
    assert "/log-in" in (await browser.page("/")).links
    assert "/log-in" in (await browser.page("/sign-up")).links
