"""Where an order can go from where it is, who may send it there, and what goes with it."""

from __future__ import annotations

import asyncio
import secrets

import pytest

STOCK = "SELECT stock FROM variants"


@pytest.fixture
def order_in(ann, admin, mug, database):
    """Make an order in a state, as it comes there."""

    async def make(state: str) -> str:
        await ann.add(mug, 2)
        order_id = (await ann.order("never")).json()["id"]
        if state in {"paid", "shipped", "delivered"}:
            database.run("UPDATE orders SET state = 'paid'; UPDATE payments SET state = 'paid'")
        for step in {"shipped": ["shipped"], "delivered": ["shipped", "delivered"]}.get(state, []):
            assert (await move(admin, order_id, step)).status_code == 200
        if state == "cancelled":
            assert (await cancel(ann, order_id)).status_code == 200
        return order_id

    return make


async def move(shopper, order_id, state, key=None, **headers):
    path = f"/api/shop/orders/{order_id}"
    return await shopper.send("PATCH", path, {"state": state}, key=key or secrets.token_hex(8), **headers)


async def cancel(shopper, order_id, key=None, **headers):
    return await shopper.send("POST", f"/api/shop/orders/{order_id}/cancel", key=key or secrets.token_hex(8), **headers)


async def test_who_lost_the_role_gets_no_replay(admin, order_in, make_token):
    """The caller is authorized before the record is looked up."""
    order_id = await order_in("paid")
    first = await move(admin, order_id, "shipped", key="key-1")
    admin.headers = {"Authorization": f"Bearer {make_token(sub=admin.id, roles=['member'])}"}

    again = await move(admin, order_id, "shipped", key="key-1")

    assert (first.status_code, again.status_code) == (200, 403)


@pytest.mark.parametrize(
    ("state", "wanted", "allowed"),
    [
        ("pending", "shipped", False), ("pending", "delivered", False),
        ("paid", "shipped", True), ("paid", "delivered", False),
        ("shipped", "delivered", True), ("shipped", "shipped", False),
        ("delivered", "shipped", False), ("cancelled", "shipped", False),
    ],
)  # fmt: skip
async def test_an_order_goes_one_way(order_in, admin, state, wanted, allowed):
    order_id = await order_in(state)

    response = await move(admin, order_id, wanted)

    if allowed:
        assert (response.status_code, response.json()["state"]) == (200, wanted)
        assert response.json()["timeline"][-1]["state"] == wanted
    else:
        assert (response.status_code, response.json()["code"]) == (409, "order-state-conflict")


@pytest.mark.parametrize(
    ("state", "allowed"),
    [("pending", True), ("paid", True), ("shipped", False), ("delivered", False), ("cancelled", False)],
)
async def test_what_is_not_on_its_way_can_be_cancelled(order_in, ann, database, state, allowed):
    order_id = await order_in(state)
    before = database.one(STOCK)

    response = await cancel(ann, order_id)

    assert response.status_code == (200 if allowed else 409)
    assert database.one(STOCK) == before + (2 if allowed else 0)


async def test_a_cancelled_orders_money_goes_back(order_in, ann, database):
    order_id = await order_in("paid")

    response = await cancel(ann, order_id)

    assert response.json()["payment"]["state"] == "refunding"
    assert database.one("SELECT count(*) FROM outbox_events WHERE topic = 'payment.refund-requested'") == 1


async def test_a_cancellation_repeated_or_raced_gives_the_stock_back_once(order_in, ann, database):
    order_id = await order_in("pending")

    responses = await asyncio.gather(*(cancel(ann, order_id, key=f"key-{number % 3}") for number in range(12)))

    assert sorted({response.status_code for response in responses}) == [200, 409]
    assert database.one(STOCK) == 10
    assert database.one("SELECT count(*) FROM order_steps") == 2


async def test_of_cancellation_and_dispatch_one_wins(order_in, ann, admin, database):
    order_id = await order_in("paid")

    cancelled, shipped = await asyncio.gather(cancel(ann, order_id), move(admin, order_id, "shipped"))

    assert sorted([cancelled.status_code, shipped.status_code]) == [200, 409]
    assert database.one(STOCK) == (10 if cancelled.status_code == 200 else 8)


async def test_the_version_that_was_read_is_the_one_that_is_changed(order_in, admin):
    order_id = await order_in("paid")
    tag = (await admin.send("GET", f"/api/shop/orders/{order_id}")).headers["etag"]
    assert (await move(admin, order_id, "shipped", If_Match=tag)).status_code == 200

    late = await move(admin, order_id, "delivered", If_Match=tag)

    assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")


async def test_who_has_an_order_already_is_not_sent_it_again(order_in, ann):
    order_id = await order_in("pending")
    first = await ann.send("GET", f"/api/shop/orders/{order_id}")

    again = await ann.send("GET", f"/api/shop/orders/{order_id}", If_None_Match=first.headers["etag"])

    assert (again.status_code, again.content) == (304, b"")


# Who asks, and what each is answered: the owner, another member, an administrator, nobody.
CASES = [
    ("GET", "/api/shop/orders/{id}", None, (200, 404, 200, 401)),
    ("GET", "/api/shop/orders", None, (200, 200, 200, 401)),
    ("GET", "/api/shop/orders?scope=all", None, (403, 403, 200, 401)),
    ("POST", "/api/shop/orders", "an order", (409, 409, 409, 401)),
    ("POST", "/api/shop/orders/{id}/cancel", None, (200, 404, 200, 401)),
    ("POST", "/api/shop/orders/{id}/payment", {"method": "test", "token": "ok"}, (409, 404, 409, 401)),
    ("POST", "/api/shop/orders/{id}/cart", None, (200, 404, 404, 401)),
    ("PATCH", "/api/shop/orders/{id}", {"state": "shipped"}, (403, 403, 200, 401)),
]


@pytest.mark.parametrize(("method", "path", "body", "statuses"), CASES)
@pytest.mark.parametrize(("who", "index"), [("ann", 0), ("bob", 1), ("admin", 2), ("anonymous", 3)])
async def test_each_caller_gets_what_is_its_own(request, order_in, address, method, path, body, statuses, who, index):
    order_id = await order_in("paid")
    shopper = request.getfixturevalue(who)
    if body == "an order":
        body = {
            "address": address, "payment": {"method": "test", "token": "ok"}, "cart_version": 0,
            "expected_total": {"amount": 0, "currency": "KRW"},
        }  # fmt: skip

    response = await shopper.send(method, path.format(id=order_id), body, key=secrets.token_hex(8))

    assert response.status_code == statuses[index], response.text
    if response.status_code == 404:
        assert response.json()["code"] == "order-not-found"


async def test_another_members_order_looks_like_none(order_in, bob):
    order_id = await order_in("pending")

    there = await bob.send("GET", f"/api/shop/orders/{order_id}")
    not_there = await bob.send("GET", "/api/shop/orders/0198c0de-0000-7000-8000-000000000001")

    same = ("type", "title", "status", "code", "detail")
    assert [there.json()[name] for name in same] == [not_there.json()[name] for name in same]


async def test_two_members_never_share_a_key(ann, bob, mug):
    for buyer in (ann, bob):
        await buyer.add(mug)

    first, second = await ann.order(key="mine"), await bob.order(key="mine")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    assert "idempotent-replayed" not in second.headers


async def test_a_key_is_for_one_order_alone(ann, mug, make_product):
    await ann.add(mug)
    await ann.order(key="mine")
    await ann.add(make_product("other"))

    assert (await ann.order(key="mine")).json()["code"] == "idempotency-key-reused"
