"""The member's orders, and the administrator's pages."""

from __future__ import annotations

import pytest

from blackbox.pages import Page
from webtests.products import ORDER_ID, cart, order, unpaid_order
from webtests.services import MEMBER, MEMBER_ID

ORDERS, ORDER = "/api/shop/orders", f"/api/shop/orders/{ORDER_ID}"
OTHER = MEMBER | {"id": "01990000-0000-7000-8000-000000000002", "display_name": "Grace", "email": "grace@example.com"}


async def test_orders_are_listed_and_each_shows_what_has_become_of_it(member, services):
    services.shop.on("GET", ORDERS, 200, {"items": [order()], "next": "c2"})
    services.shop.on("GET", ORDER, 200, order("shipped"))

    orders, one = await member.page("/orders"), await member.page(f"/orders/{ORDER_ID}")

    assert f"/orders/{ORDER_ID}" in orders.links
    assert "/orders?cursor=c2" in orders.links
    for words in ("Order AB-12", "awaiting payment", "shipped", "January 2, 2026, 12:04", "₩48,000", "김하루"):
        assert words in one.text, words
    assert not [form for form in one.forms if form.action.endswith("/cancel")], "too late"


async def test_an_order_is_cancelled_under_a_key(member, services):
    services.shop.on("GET", ORDER, 200, order("paid"))
    services.shop.on("POST", f"{ORDER}/cancel", 200, order("cancelled"))
    form = (await member.page(f"/orders/{ORDER_ID}")).form(f"/orders/{ORDER_ID}/cancel")

    response = await member.submit(form)

    assert response.headers["location"] == f"/orders/{ORDER_ID}?notice=cancelled"
    [asked] = services.shop.asked("POST", f"{ORDER}/cancel")
    assert asked["headers"]["X-Idempotency-Key"] == form.fields["key"]


async def test_an_order_that_was_shipped_meanwhile_says_so(member, services):
    services.shop.on("GET", ORDER, 200, order("paid"))
    form = (await member.page(f"/orders/{ORDER_ID}")).form(f"/orders/{ORDER_ID}/cancel")
    services.shop.refuse("POST", f"{ORDER}/cancel", 409, "order-state-conflict")

    response = await member.submit(form)

    assert response.status_code == 409
    assert "can no longer be cancelled" in Page(response.text).text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("card-declined", "The card was declined"),
        ("insufficient-funds", "insufficient funds"),
        ("card-expired", "has expired"),
        ("authentication-failed", "could not be verified"),
        ("other", "did not succeed"),
        ("a-new-reason", "did not succeed"),
    ],
)
async def test_a_failed_payment_is_named_with_its_reason_and_nobody_is_thanked(member, services, reason, said):
    services.shop.on("GET", ORDER, 200, unpaid_order(reason=reason))

    page = await member.page(f"/orders/{ORDER_ID}?notice=placed")

    assert said in page.text
    assert "Nothing was charged" in page.text
    assert "January 2, 2026, 12:19" in page.text, "until when it is kept"
    assert "Thank you" not in page.text
    assert "payment failed" in page.text


async def test_an_order_is_paid_again_with_another_card_under_a_key(member, services):
    services.shop.on("GET", ORDER, 200, unpaid_order())
    services.shop.on("POST", f"{ORDER}/payment", 200, order("pending"))
    form = (await member.page(f"/orders/{ORDER_ID}")).form(f"/orders/{ORDER_ID}/payment")

    response = await member.submit(form, {"payment": "slow"})

    assert response.headers["location"] == f"/orders/{ORDER_ID}"
    [asked] = services.shop.asked("POST", f"{ORDER}/payment")
    assert asked["json"] == {"method": "test", "token": "slow"}
    assert asked["headers"]["X-Idempotency-Key"] == form.fields["key"]


async def test_a_card_that_is_none_is_not_sent(member, services):
    services.shop.on("GET", ORDER, 200, unpaid_order())
    form = (await member.page(f"/orders/{ORDER_ID}")).form(f"/orders/{ORDER_ID}/payment")

    response = await member.submit(form, {"payment": "gold"})

    assert (response.status_code, "Choose a payment method" in response.text) == (422, True)
    assert not services.shop.asked("POST", f"{ORDER}/payment")


async def test_a_payment_that_the_order_does_not_take_says_so(member, services):
    services.shop.on("GET", ORDER, 200, unpaid_order())
    form = (await member.page(f"/orders/{ORDER_ID}")).form(f"/orders/{ORDER_ID}/payment")
    services.shop.refuse("POST", f"{ORDER}/payment", 409, "order-not-payable")

    response = await member.submit(form)

    assert (response.status_code, "cannot be paid right now" in response.text) == (409, True)


async def test_a_payment_without_a_response_says_that_its_outcome_is_unknown(member, services):
    services.shop.on("GET", ORDER, 200, unpaid_order())
    form = (await member.page(f"/orders/{ORDER_ID}")).form(f"/orders/{ORDER_ID}/payment")
    services.shop.cut("POST", f"{ORDER}/payment")

    response = await member.submit(form)

    assert (response.status_code, "You will be charged only once" in response.text) == (503, True)


@pytest.mark.parametrize(
    "ended",
    [
        unpaid_order(payable=False),
        order("cancelled"),
        order("cancelled") | {"payment": {"method": "test", "state": "expired", "failure_reason": None}},
    ],
    ids=["no further attempt", "cancelled", "expired"],
)
async def test_the_items_of_an_order_that_did_not_work_out_go_back_into_the_cart(member, services, ended):
    services.shop.on("GET", ORDER, 200, ended)
    services.shop.on("POST", f"{ORDER}/cart", 200, cart())
    form = (await member.page(f"/orders/{ORDER_ID}")).form(f"/orders/{ORDER_ID}/cart")

    response = await member.submit(form)

    assert response.headers["location"] == "/cart?notice=restored"
    [asked] = services.shop.asked("POST", f"{ORDER}/cart")
    assert asked["headers"]["X-Idempotency-Key"] == form.fields["key"]


async def test_items_that_cannot_be_put_back_are_said_so(member, services):
    services.shop.on("GET", ORDER, 200, order("cancelled"))
    form = (await member.page(f"/orders/{ORDER_ID}")).form(f"/orders/{ORDER_ID}/cart")
    services.shop.refuse("POST", f"{ORDER}/cart", 409, "cart-full")

    response = await member.submit(form)

    assert (response.status_code, "could not be added to your cart" in response.text) == (409, True)


async def test_another_members_order_is_not_found(member, services):
    services.shop.refuse("GET", ORDER, 404, "order-not-found")

    assert (await member.get(f"/orders/{ORDER_ID}")).status_code == 404
    assert (await member.get("/orders/..%2fproducts")).status_code == 404


async def test_while_shop_is_unavailable_the_orders_are_safe(member, services):
    await services.shop.stop()

    response = await member.get("/orders")

    assert response.status_code == 503
    assert "They are safe" in response.text


@pytest.mark.parametrize("path", ["/admin", "/admin/members", "/admin/orders", f"/admin/orders/{ORDER_ID}"])
async def test_the_administrators_pages_are_for_administrators(make_browser, sign_in, services, path):
    anyone, member = await make_browser(), await make_browser()
    sign_in(member)

    assert (await anyone.get(path)).headers["location"].startswith("/log-in")
    assert (await member.get(path)).status_code == 403
    assert "/admin/members" not in (await member.page("/log-in?again")).links
    assert not services.member.asked("GET", "/api/admin/members")


async def test_members_are_listed_searched_suspended_and_reinstated(admin, services):
    suspended = OTHER | {"status": "suspended", "id": "01990000-0000-7000-8000-000000000003"}
    services.member.on("GET", "/api/admin/members", 200, {"items": [MEMBER, OTHER, suspended], "next": "c2"})
    for member, action in ((OTHER, "suspend"), (suspended, "reinstate")):
        services.member.on("POST", f"/api/admin/members/{member['id']}/{action}", 200, member)

    page = await admin.page("/admin/members?q=gra")
    put_out = await admin.submit(page.form(f"/admin/members/{OTHER['id']}/suspend"))
    let_in = await admin.submit(page.form(f"/admin/members/{suspended['id']}/reinstate"))

    assert services.member.asked("GET", "/api/admin/members")[0]["query"]["q"] == "gra"
    assert "/admin/members?q=gra&cursor=c2" in page.links
    assert not [form for form in page.forms if MEMBER_ID in form.action], "nobody suspends itself"
    assert put_out.headers["location"] == "/admin/members?notice=suspended"
    assert let_in.headers["location"] == "/admin/members?notice=reinstated"


async def test_the_last_administrator_stays(admin, services):
    services.member.on("GET", "/api/admin/members", 200, {"items": [OTHER], "next": None})
    form = (await admin.page("/admin/members")).form(f"/admin/members/{OTHER['id']}/suspend")
    services.member.refuse("POST", f"/api/admin/members/{OTHER['id']}/suspend", 409, "last-administrator")

    response = await admin.submit(form)

    assert (response.status_code, "cannot be suspended" in response.text) == (409, True)


async def test_while_member_is_unavailable_the_administrators_list_says_so(admin, services):
    await services.member.stop()

    response = await admin.get("/admin/members")

    assert response.status_code == 503
    assert "Members cannot be loaded" in response.text


@pytest.mark.parametrize(("state", "following"), [("paid", "shipped"), ("shipped", "delivered")])
async def test_orders_of_everybody_are_moved_on(admin, services, state, following):
    services.shop.on("GET", ORDERS, 200, {"items": [order(state)], "next": None})
    services.shop.on("GET", ORDER, 200, order(state))
    services.shop.on("PATCH", ORDER, 200, order(following))

    await admin.page(f"/admin/orders?state={state}")
    response = await admin.submit((await admin.page(f"/admin/orders/{ORDER_ID}")).form(f"/admin/orders/{ORDER_ID}"))

    assert services.shop.asked("GET", ORDERS)[0]["query"] == {"scope": "all", "limit": "50", "state": state}
    assert response.headers["location"] == f"/admin/orders/{ORDER_ID}?notice={following}"
    assert services.shop.asked("PATCH", ORDER)[0]["json"] == {"state": following}


async def test_what_is_done_with_is_not_moved(admin, services):
    services.shop.on("GET", ORDER, 200, order("delivered"))

    page = await admin.page(f"/admin/orders/{ORDER_ID}")

    assert not [form for form in page.forms if form.action == f"/admin/orders/{ORDER_ID}"]
