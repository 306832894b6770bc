"""Unpaid orders reserve a bounded part of the stock: for a member, and for everyone behind one address."""

from __future__ import annotations

import asyncio
import secrets

import httpx2
import pytest

LIMITS = {
    "unpaid_orders_per_member": 3, "unpaid_pieces_per_member": 20,
    "unpaid_orders_per_address": 5, "unpaid_pieces_per_address": 30,
}  # fmt: skip


@pytest.fixture
def settings(make_settings):
    """Few unpaid orders, of few pieces."""
    return make_settings(**LIMITS)


@pytest.fixture
def many(make_product):
    """Enough for everyone."""
    return make_product(stock=1000)


@pytest.fixture
async def from_address(app):
    """Return a maker of clients at an address."""
    clients = []

    def make(address: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
        clients.append(httpx2.AsyncClient(transport=transport, base_url="http://shop.test"))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


async def buy(shopper, product, quantity=1, token="never"):
    await shopper.add(product, quantity)
    return await shopper.order(token)


def outcome(response):
    return response.json().get("code", response.status_code)


async def test_a_member_has_few_unpaid_orders(ann, many):
    responses = [await buy(ann, many) for _ in range(4)]

    assert [outcome(response) for response in responses] == [201, 201, 201, "too-many-unpaid-orders"]
    assert "At most 3 orders with 20 items" in responses[-1].json()["detail"]
    assert (await ann.cart())["item_count"] == 1


async def test_a_members_unpaid_orders_hold_few_pieces(ann, many, database):
    responses = [await buy(ann, many, 15), await buy(ann, many, 6)]

    assert [outcome(response) for response in responses] == [201, "too-many-unpaid-orders"]
    assert database.one("SELECT stock FROM variants") == 985


@pytest.mark.parametrize("how", ["paid", "cancelled"])
async def test_an_order_that_is_paid_or_cancelled_makes_room(ann, many, how, deliver_events):
    for _ in range(2):
        await buy(ann, many)
    third = (await buy(ann, many, token="ok" if how == "paid" else "never")).json()["id"]
    if how == "paid":
        await deliver_events()
    else:
        await ann.send("POST", f"/api/shop/orders/{third}/cancel", key="cancel")

    assert outcome(await buy(ann, many)) == 201


async def test_members_behind_one_address_share_a_bound(make_shopper, many, from_address):
    here, there = from_address("203.0.113.7"), from_address("203.0.113.8")

    responses = [await buy(make_shopper("member", through=here), many) for _ in range(6)]

    assert [outcome(response) for response in responses] == [201] * 5 + ["too-many-unpaid-orders"]
    assert outcome(await buy(make_shopper("member", through=there), many)) == 201


@pytest.mark.parametrize(("other", "counts"), [("2001:db8:1:2:ffff::9", True), ("2001:db8:1:3::1", False)])
async def test_a_network_of_ipv6_counts_as_one_address(make_shopper, many, from_address, other, counts):
    for _ in range(2):
        await buy(make_shopper("member", through=from_address("2001:db8:1:2::1")), many, 15)

    response = await buy(make_shopper("member", through=from_address(other)), many)

    assert outcome(response) == ("too-many-unpaid-orders" if counts else 201)


async def test_orders_at_once_stay_within_the_bound(make_shopper, many, database):
    buyers = [make_shopper("member") for _ in range(12)]
    for buyer in buyers:
        await buyer.add(many)

    responses = await asyncio.gather(*(buyer.order("never") for buyer in buyers))

    assert sorted(map(str, map(outcome, responses))) == ["201"] * 5 + ["too-many-unpaid-orders"] * 7
    assert database.one("SELECT stock FROM variants") == 995


async def test_the_repeat_of_an_order_is_replayed_beyond_the_bound(ann, many):
    await ann.add(many)
    cart = await ann.cart()
    key, same = secrets.token_hex(8), {"expected_total": cart["total"], "cart_version": cart["version"]}
    first = await ann.order("never", key=key, **same)
    for _ in range(2):
        await buy(ann, many)

    assert (await ann.order("never", key=key, **same)).content == first.content


async def test_one_member_does_not_empty_the_shop(ann, make_product, database):
    products = [make_product(f"thing-{number}", stock=20) for number in range(8)]
    for _ in range(6):
        for one in products:
            await ann.add(one, 20)
        await ann.order("never")

    assert database.one("SELECT sum(stock) FROM variants") >= 8 * 20 - LIMITS["unpaid_pieces_per_member"]


async def test_an_order_keeps_no_address_of_its_client(ann, many, database, deliver_events):
    await buy(ann, many)
    (order,) = database.run("SELECT id, origin FROM orders")
    assert "127.0.0.1" not in order["origin"]

    await ann.send("POST", f"/api/shop/orders/{order['id']}/cancel", key="cancel")

    assert database.one("SELECT origin FROM orders") is None
    await buy(ann, many, token="ok")
    await deliver_events()
    assert database.one("SELECT count(origin) FROM orders") == 0
