"""A member that is gone leaves orders without a name, and nothing else, whatever was under way."""

from __future__ import annotations

import asyncio

import pytest


@pytest.fixture
def erase(client, service):
    """Tell shop as member's outbox does."""

    async def erase(shopper):
        return await client.post(f"/internal/members/{shopper.id}/erasure", headers=service("member"))

    return erase


async def test_cart_and_name_go_and_what_was_sent_stays_sold(ann, admin, mug, erase, database):
    await ann.add(mug, 2)
    order_id = (await ann.order("never")).json()["id"]
    database.run("UPDATE orders SET state = 'delivered'; UPDATE payments SET state = 'paid'")
    await ann.add(mug)

    response = await erase(ann)

    assert (response.status_code, response.content) == (204, b"")
    order = (await admin.send("GET", f"/api/shop/orders/{order_id}")).json()
    assert (order["state"], order["address"], order["total"]["amount"]) == ("delivered", None, 25800)
    assert database.one("SELECT count(*) FROM carts") == 0
    assert database.one("SELECT count(*) FROM idempotency_records WHERE scope = %s", ann.id) == 0
    assert database.one("SELECT stock FROM variants") == 8
    dump = str([database.run(f"SELECT * FROM {table}") for table in ("orders", "carts", "idempotency_records")])
    assert ann.id not in dump
    assert "김하나" not in dump


async def test_what_is_not_on_its_way_is_cancelled_and_paid_back(ann, mug, erase, database):
    for state in ("pending", "paid"):
        await ann.add(mug)
        order_id = (await ann.order("never")).json()["id"]
        database.run("UPDATE payments SET state = %s WHERE order_id = %s", state, order_id)
        database.run("UPDATE orders SET state = %s WHERE id = %s", state, order_id)

    await erase(ann)

    assert {row["state"] for row in database.run("SELECT state FROM orders")} == {"cancelled"}
    assert {row["state"] for row in database.run("SELECT state FROM payments")} == {"cancelled", "refunding"}
    assert database.one("SELECT stock FROM variants") == 10


async def test_told_twice_it_does_nothing_more(ann, mug, erase, database):
    await ann.add(mug)
    await ann.order("never")

    responses = await asyncio.gather(*(erase(ann) for _ in range(6)))

    assert {response.status_code for response in responses} == {204}
    assert database.one("SELECT stock FROM variants") == 10
    assert database.one("SELECT count(*) FROM erased_members") == 1


async def test_others_keep_what_is_theirs(ann, bob, mug, erase):
    await bob.add(mug)
    order_id = (await bob.order()).json()["id"]
    await bob.add(mug)

    await erase(ann)

    assert (await bob.send("GET", f"/api/shop/orders/{order_id}")).json()["address"]["recipient"] == "김하나"
    assert (await bob.cart())["item_count"] == 1


async def test_a_token_that_outlived_its_member_leaves_nothing_behind(ann, mug, erase, database):
    await erase(ann)

    responses = [await ann.add(mug), await ann.order(expected_total={"amount": 1, "currency": "KRW"}, cart_version=0)]

    assert [(response.status_code, response.json()["code"]) for response in responses] == [
        (401, "account-inactive")
    ] * 2
    assert database.one("SELECT count(*) FROM carts") == 0


async def test_whatever_is_under_way_while_a_member_goes_no_name_is_left(make_shopper, make_product, erase, database):
    product = make_product(stock=1000)
    for _ in range(8):
        member = make_shopper("member")
        await member.add(product)
        await asyncio.gather(member.order("never"), erase(member), member.add(product), member.order("never"))

        assert database.one("SELECT count(*) FROM orders WHERE member_id = %s", member.id) == 0
        assert database.one("SELECT count(*) FROM carts WHERE member_id = %s", member.id) == 0
    assert database.one("SELECT count(*) FROM orders WHERE address IS NOT NULL") == 0
    assert database.one("SELECT stock FROM variants") == 1000


async def test_a_member_that_goes_and_buyers_of_the_same_things_never_clash(
    make_shopper, make_product, erase, database
):
    """Several orders are given back at once, in another order than the one in which buyers take."""
    products = [make_product(f"thing-{number}", stock=100) for number in range(4)]
    member, buyers = make_shopper("member"), [make_shopper("member") for _ in range(8)]
    for thing in reversed(products):
        await member.add(thing)
        assert (await member.order("never")).status_code == 201
    for buyer in buyers:
        for thing in products:
            await buyer.add(thing)

    gone, *placed = await asyncio.gather(erase(member), *(buyer.order("never") for buyer in buyers))

    assert gone.status_code == 204
    assert [response.status_code for response in placed] == [201] * len(buyers)
    assert {row["stock"] for row in database.run("SELECT stock FROM variants")} == {100 - len(buyers)}


async def test_only_member_says_who_is_gone(client, ann, admin, service):
    path = f"/internal/members/{ann.id}/erasure"
    for headers in ({}, ann.headers, admin.headers, service("auth"), service("member", "member")):
        assert (await client.post(path, headers=headers)).status_code == 401
    assert (await client.post(path, headers=service("web"))).status_code == 401
