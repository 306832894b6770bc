"""A request that is about a member's cart, from a page whose session may have expired meanwhile."""

from __future__ import annotations


async def test_a_members_page_without_a_session_touches_no_anonymous_cart(anybody, mug):
    body = {"variant_id": mug.variant_id, "quantity": 1}

    answer = await anybody.send("POST", "/api/shop/cart/items", body, key="k" * 20, X_Cart_Owner="member")

    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert anybody.cookie is None


async def test_the_same_request_succeeds_once_the_session_is_renewed(ann, anybody, mug):
    body = {"variant_id": mug.variant_id, "quantity": 1}
    await anybody.send("POST", "/api/shop/cart/items", body, key="k" * 20, X_Cart_Owner="member")

    answer = await ann.send("POST", "/api/shop/cart/items", body, key="k" * 20, X_Cart_Owner="member")

    assert answer.status_code == 200
    assert (await ann.cart())["item_count"] == 1
