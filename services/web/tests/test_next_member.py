"""Two members, one browser: what one leaves behind, the next neither sees nor uses, and neither acts for the other."""

from __future__ import annotations

import pytest

from blackbox.pages import Page
from webtests.browser import SITE, cookie_lines
from webtests.products import ADDRESS, FULL_PRODUCT, ORDER_ID, PAGE, cart, order
from webtests.services import MEMBER, MEMBER_ID

CART_COOKIE, DRAFT_COOKIE = "__Host-cart", "__Secure-checkout"
OTHER_ID = "01990000-0000-7000-8000-000000000002"
OTHER = MEMBER | {"id": OTHER_ID, "email": "bob@example.com", "display_name": "Bob"}
TYPED = ADDRESS | {"payment": "ok"}
PERSONAL = (ADDRESS["recipient"], ADDRESS["phone"], ADDRESS["line1"])
SESSION = {
    "id": "01990000-0000-7000-8000-0000000000d1",
    "current": True,
    "created_at": "2026-01-02T03:04:05Z",
    "renewed_at": "2026-01-02T03:04:05Z",
    "expires_at": "2026-01-09T03:04:05Z",
    "address": "203.0.113.9",
    "user_agent": "Firefox",
}
PAGES_WITH_FORMS = [
    "/account",
    "/account/password",
    "/account/sessions",
    "/account/delete",
    "/products/celadon-mug",
    "/cart",
    "/checkout",
    "/checkout/review",
    f"/orders/{ORDER_ID}",
    "/admin/members",
    f"/admin/orders/{ORDER_ID}",
]
# What these do is not done to a session: they replace it, or leave it alone.
FOR_ANY_SESSION = {"/preferences", "/log-in", "/sign-up"}


@pytest.fixture(autouse=True)
def whole_shop(services):
    services.shop.on("GET", "/api/shop/cart", 200, cart())
    services.shop.on("GET", "/api/shop/products", 200, PAGE)
    services.shop.on("GET", "/api/shop/products/celadon-mug", 200, FULL_PRODUCT)
    services.shop.on("GET", f"/api/shop/orders/{ORDER_ID}", 200, order())
    services.auth.on("GET", "/auth/sessions", 200, {"items": [SESSION]})
    services.auth.on("POST", "/auth/logout", 204)
    services.auth.on("POST", "/auth/logout-all", 204)
    services.auth.on("DELETE", f"/auth/sessions/{SESSION['id']}", 204)
    services.member.on("GET", "/api/admin/members", 200, {"items": [OTHER], "next": None})
    services.member.on("DELETE", "/api/members/me", 204)


@pytest.fixture
def other_logs_in(services, make_token, tokens):
    """Return what makes another member log in, who then is who the edge says it is."""
    opened = tokens | {"access_token": make_token(sub=OTHER_ID, sid="other"), "member": OTHER}
    services.auth.on("POST", "/auth/login", 200, opened)

    async def do(browser, place: str = "/log-in"):
        page = await browser.page(f"{place}&again" if "?" in place else f"{place}?again")
        response = await browser.submit(page.form("/log-in"), {"email": "bob@example.com", "password": "correct horse"})
        assert response.status_code == 303
        browser.token = opened["access_token"]
        return response

    return do


async def type_address(browser):
    form = (await browser.page("/checkout")).form("/checkout")
    response = await browser.submit(form, TYPED, Referer=f"{SITE}/checkout")
    assert response.headers["location"] == "/checkout/review"
    return form


def removed(response) -> set[str]:
    return {name for name, line in cookie_lines(response).items() if "Max-Age=0" in line}


def written(services) -> list[str]:
    return [f"{r['method']} {r['path']}" for service in services for r in service.requests if r["method"] != "GET"]


@pytest.mark.parametrize("path", PAGES_WITH_FORMS)
async def test_no_form_of_an_earlier_session_does_anything_in_the_next(browser, services, sign_in, path):
    sign_in(browser, sid="first", roles=["admin", "member"])
    await type_address(browser)
    forms = [form for form in (await browser.page(path)).forms if form.method == "post"]
    forms = [form for form in forms if form.action not in FOR_ANY_SESSION]
    assert forms

    sign_in(browser, sub=OTHER_ID, sid="other", roles=["admin", "member"])
    responses = [await browser.submit(form, {"current_password": "x", "new_password": "y" * 12}) for form in forms]

    assert {response.status_code for response in responses} == {403}
    assert all("/problems/csrf-token-invalid" in Page(response.text).links for response in responses)
    assert written(services) == []


async def test_a_form_stays_good_when_its_session_is_renewed(browser, sign_in):
    sign_in(browser, sid="first")
    form = (await browser.page("/account/sessions")).form("/account/sessions/end-all")

    sign_in(browser, sid="first", iat=1)
    response = await browser.submit(form)

    assert response.headers["location"] == "/?notice=logged-out-everywhere"


async def test_a_log_in_page_that_was_opened_before_another_log_in_still_works(browser, services, sign_in, tokens):
    services.auth.on("POST", "/auth/login", 200, tokens | {"member": MEMBER})
    form = (await browser.page("/log-in")).form("/log-in")
    sign_in(browser, sid="first")

    response = await browser.submit(form, {"email": "ada@example.com", "password": "correct horse"})

    assert response.status_code == 303


async def test_a_log_in_ends_the_session_that_it_replaces(member, services, other_logs_in):
    before = member.token

    await other_logs_in(member)

    [asked] = services.auth.asked("POST", "/auth/logout")
    assert asked["headers"]["Authorization"] == f"Bearer {before}"


@pytest.mark.parametrize(
    ("page", "action", "changes"),
    [
        ("/account", "/log-out", {}),
        ("/account/sessions", "/account/sessions/end-all", {}),
        ("/account/sessions", f"/account/sessions/{SESSION['id']}/end", {}),
        ("/account/delete", "/account/delete", {"current_password": "correct horse"}),
    ],
)
async def test_whoever_leaves_leaves_nothing(browser, services, sign_in, tokens, page, action, changes):
    services.auth.on("POST", "/auth/login", 200, tokens | {"member": MEMBER})
    sign_in(browser, sid=SESSION["id"])
    await type_address(browser)
    browser.http.cookies.set(CART_COOKIE, "not-merged-yet")

    response = await browser.submit((await browser.page(page)).form(action), changes)

    assert {"__Host-access", "__Host-refresh", CART_COOKIE, DRAFT_COOKIE} <= removed(response)
    assert browser.cookie(DRAFT_COOKIE) is None


async def test_a_log_out_without_a_session_cleans_the_browser_too(member, services):
    form = (await member.page("/account")).form("/log-out")
    await type_address(member)
    member.token = None

    response = await member.submit(form)

    assert response.headers["location"] == "/?notice=logged-out"
    assert {"__Host-refresh", CART_COOKIE, DRAFT_COOKIE} <= removed(response)
    assert not services.auth.asked("POST", "/auth/logout")


async def test_a_log_out_while_the_session_cannot_be_checked_cleans_the_browser_and_says_so(member, services):
    form = (await member.page("/account")).form("/log-out")
    await type_address(member)
    member.token = None
    member.http.cookies.set("__Host-refresh", "a-refresh-token_0123456789")
    await services.auth.stop()

    response = await member.submit(form)

    assert response.status_code == 503
    assert {"__Host-refresh", CART_COOKIE, DRAFT_COOKIE} <= removed(response)


async def test_another_member_who_logs_in_over_a_session_gets_nothing_of_it(member, services, other_logs_in):
    await type_address(member)
    member.http.cookies.set(CART_COOKIE, "not-merged-yet")
    services.shop.requests.clear()

    response = await other_logs_in(member)

    assert {CART_COOKIE, DRAFT_COOKIE} <= removed(response)
    merged = [r for r in services.shop.requests if r["headers"].get("Authorization") == f"Bearer {member.token}"]
    assert not merged, "the cart that was left behind is not merged"
    page = await member.page("/checkout")
    assert not any(word in page.html for word in PERSONAL)


async def test_a_draft_that_is_still_there_is_not_the_next_members(member, other_logs_in):
    """As after a session that expired: no one has logged out."""
    await type_address(member)
    await other_logs_in(member, "/log-in?next=/checkout")
    assert member.cookie(DRAFT_COOKIE), "the way back to the checkout keeps it for its owner"

    review = await member.get("/checkout/review")
    assert review.headers["location"] == "/checkout"
    assert DRAFT_COOKIE in removed(review)
    page = await member.page("/checkout")

    fields = page.form("/checkout").fields
    assert not any(word in page.html for word in PERSONAL)
    assert fields["recipient"] == fields["phone"] == fields["line1"] == ""


async def test_nobody_places_an_order_with_the_address_of_another(member, services, other_logs_in):
    services.shop.on("POST", "/api/shop/orders", 201, order())
    await type_address(member)
    form = (await member.page("/checkout/review")).form("/checkout/place")
    await other_logs_in(member, "/log-in?next=/checkout")
    mine = (await member.page("/checkout")).form("/checkout").fields["form_token"]

    for token in (form.fields["form_token"], mine):
        assert (await member.submit(form, {"form_token": token})).status_code in {303, 403}

    assert not services.shop.asked("POST", "/api/shop/orders")


async def test_an_address_that_was_typed_while_the_session_expired_is_there_after_the_log_in(member, sign_in):
    form = (await member.page("/checkout")).form("/checkout")
    member.token = None

    response = await member.submit(form, TYPED | {"phone": "call me"}, Referer=f"{SITE}/checkout")
    assert response.headers["location"] == "/log-in?next=/checkout"
    page = await member.page("/log-in?next=/checkout")
    assert not any(word in page.html for word in PERSONAL)
    sign_in(member, sid="a new one")

    fields = (await member.page("/checkout")).form("/checkout").fields
    assert {name: fields[name] for name in TYPED} == TYPED | {"phone": "call me"}
    assert (await member.submit((await member.page("/checkout")).form("/checkout"), TYPED)).status_code == 303
    assert ADDRESS["line1"] in (await member.page("/checkout/review")).text


async def test_an_address_that_was_typed_while_auth_was_unavailable_is_kept(member, services):
    form = (await member.page("/checkout")).form("/checkout")
    token, member.token = member.token, None
    member.http.cookies.set("__Host-refresh", "a-refresh-token_0123456789")
    await services.auth.stop()

    assert (await member.submit(form, TYPED)).status_code == 503
    member.token = token

    assert (await member.page("/checkout")).form("/checkout").fields["line1"] == ADDRESS["line1"]


async def test_an_address_that_was_typed_while_the_session_expired_is_not_shown_to_another(member, other_logs_in):
    form = (await member.page("/checkout")).form("/checkout")
    member.token = None
    await member.submit(form, TYPED)

    await other_logs_in(member, "/log-in?next=/checkout")
    page = await member.page("/checkout")

    assert not any(word in page.html for word in PERSONAL)
    assert member.cookie(DRAFT_COOKIE) is None


@pytest.mark.parametrize("path", ["/cart", "/products/celadon-mug", "/checkout/review"])
async def test_a_page_tells_its_script_whom_it_was_made_for(member, path):
    """The shop refuses what the script of a left-over page asks for (X-Expected-Member)."""
    await type_address(member)

    tags = (await member.page(path)).tags

    assert [attributes["data-member"] for tag, attributes in tags if tag == "html"] == [MEMBER_ID]
