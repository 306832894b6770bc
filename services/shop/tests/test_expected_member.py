"""A request from a page that was made for one member, whose session may be over or another's meanwhile."""

from __future__ import annotations

import pytest

KEY = "k" * 20
WRITES = [
    ("POST", "/api/shop/cart/items", {"variant_id": "01990000-0000-7000-8000-0000000000b1", "quantity": 1}),
    ("PUT", "/api/shop/cart/items/01990000-0000-7000-8000-0000000000b1", {"quantity": 1}),
    ("DELETE", "/api/shop/cart/items/01990000-0000-7000-8000-0000000000b1", None),
    ("POST", "/api/shop/orders", {}),
    ("PATCH", "/api/shop/orders/01990000-0000-7000-8000-0000000000c1", {"state": "cancelled"}),
]


async def test_a_members_page_without_a_session_touches_no_anonymous_cart(anonymous, ann, mug):
    body = {"variant_id": mug.variant_id, "quantity": 1}

    response = await anonymous.send("POST", "/api/shop/cart/items", body, key=KEY, X_Expected_Member=ann.id)

    assert response.status_code == 401
    assert response.json()["code"] == "unauthenticated"
    assert anonymous.cookie is None


async def test_the_same_request_succeeds_once_the_session_is_renewed(ann, anonymous, mug):
    body = {"variant_id": mug.variant_id, "quantity": 1}
    await anonymous.send("POST", "/api/shop/cart/items", body, key=KEY, X_Expected_Member=ann.id)

    response = await ann.send("POST", "/api/shop/cart/items", body, key=KEY, X_Expected_Member=ann.id)

    assert response.status_code == 200
    assert (await ann.cart())["item_count"] == 1


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=lambda value: str(value)[:20])
async def test_a_page_of_another_member_does_nothing_in_this_ones_name(ann, bob, method, path, body):
    response = await bob.send(method, path, body, key=KEY, X_Expected_Member=ann.id)

    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
