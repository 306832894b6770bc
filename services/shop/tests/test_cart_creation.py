"""New anonymous carts are bounded for each address, and those that are not used again end sooner."""

from __future__ import annotations

import asyncio

import pytest

from platform_shop.cart.creation import CartCreation
from platform_shop.cart.errors import TooManyCarts
from platform_shop.purge import purge

CARTS = "SELECT count(*) FROM carts"


@pytest.fixture
def settings(make_settings):
    """Few new carts."""
    return make_settings(new_carts_per_address=5)


async def test_one_address_opens_few_carts(make_shopper, mug, database):
    responses = await asyncio.gather(*(make_shopper().add(mug) for _ in range(12)))

    statuses = sorted(response.status_code for response in responses)
    assert statuses == [200] * 5 + [429] * 7
    assert database.one(CARTS) == 5
    refused = next(response for response in responses if response.status_code == 429)
    assert refused.json()["code"] == "too-many-carts"
    assert 0 < int(refused.headers["retry-after"]) <= 600


async def test_a_cookie_that_was_given_before_opens_no_more(make_shopper, mug, database):
    shoppers = [make_shopper() for _ in range(8)]
    for shopper in shoppers:
        await shopper.cart()

    responses = [await shopper.add(mug) for shopper in shoppers]

    assert [response.status_code for response in responses] == [200] * 5 + [429] * 3
    assert database.one(CARTS) == 5


async def test_carts_that_are_there_and_members_are_not_bounded(anonymous, ann, make_shopper, mug):
    await anonymous.add(mug)
    for _ in range(8):
        await make_shopper().add(mug)

    assert (await anonymous.add(mug)).status_code == 200
    assert (await ann.add(mug)).status_code == 200


def test_a_window_ends_and_clients_are_apart():
    now = [0.0]
    creation = CartCreation(2, lambda: now[0])
    for client in ("a", "b"):
        creation.admit(client)
        creation.admit(client)
    with pytest.raises(TooManyCarts) as refused:
        creation.admit("a")
    assert refused.value.headers["Retry-After"] == "600"

    now[0] = 600
    creation.admit("a")


@pytest.mark.parametrize(
    ("age", "changes", "stays"), [(2, 1, True), (4, 1, False), (4, 2, True), (29, 2, True), (31, 2, False)]
)
async def test_a_cart_ends_by_its_use(anonymous, mug, services, database, age, changes, stays):
    for _ in range(changes):
        await anonymous.add(mug)
    database.run("UPDATE carts SET updated_at = now() - make_interval(days => %s)", age)

    await purge(services)

    assert database.one(CARTS) == (1 if stays else 0)
