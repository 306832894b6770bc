"""Carts: a visitor's own, by a cookie that nobody else can make; after the log-in the member's, with nothing lost."""

from __future__ import annotations

import asyncio
import secrets

import pytest
import uuid_utils.compat
from pydantic import SecretStr

from platform_shop.cart.tokens import CartTokens

NOBODYS = "0198c0de-0000-7000-8000-000000000001"


def quantities(cart):
    return {item["product"]["slug"]: item["quantity"] for item in cart["items"]}


@pytest.fixture
def merge(client):
    """Merge as web does after a log-in: read the member's cart, with the anonymous cart's cookie."""

    async def merge(shopper, token):
        headers = {**shopper.headers, "Cookie": f"__Host-cart={token}"}
        return await client.get("/api/shop/cart", headers=headers)

    return merge


async def test_an_anonymous_visitor_gets_a_cookie_and_keeps_its_cart(anonymous, mug):
    empty = await anonymous.send("GET", "/api/shop/cart")
    given = empty.headers["set-cookie"]
    await anonymous.add(mug, 2)

    assert empty.json() == {
        "items": [], "item_count": 0, "total": {"amount": 0, "currency": "KRW"}, "version": 0, "owner": "anonymous"
    }  # fmt: skip
    for attribute in ("__Host-cart=", "HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=2592000"):
        assert attribute in given
    cart = await anonymous.cart()
    assert quantities(cart) == {"mug": 2}
    assert cart["total"] == {"amount": 25800, "currency": "KRW"}


async def test_a_cart_that_was_only_looked_at_is_no_row(anonymous, database):
    await anonymous.cart()

    assert database.one("SELECT count(*) FROM carts") == 0


async def test_a_line_tells_what_it_costs_and_what_is_left(anonymous, make_product, database):
    product = make_product(stock=3, price=1500)
    await anonymous.add(product, 3)
    database.run("UPDATE variants SET stock = 2")

    (line,) = (await anonymous.cart())["items"]

    assert line["unit_price"] == {"amount": 1500, "currency": "KRW"}
    assert line["line_total"] == {"amount": 4500, "currency": "KRW"}
    assert (line["available"], line["in_stock"]) == (2, False)


async def test_the_same_thing_again_is_more_of_it(anonymous, mug):
    await anonymous.add(mug, 2)

    cart = (await anonymous.add(mug, 3)).json()

    assert (quantities(cart), cart["item_count"], cart["version"]) == ({"mug": 5}, 5, 2)


async def test_a_quantity_is_set_and_none_takes_it_out(anonymous, mug):
    path = f"/api/shop/cart/items/{mug.variant_id}"
    for quantity, found in ((4, {"mug": 4}), (1, {"mug": 1}), (0, {})):
        assert quantities((await anonymous.send("PUT", path, {"quantity": quantity})).json()) == found


async def test_what_is_taken_out_twice_is_out(anonymous, mug):
    await anonymous.add(mug)
    path = f"/api/shop/cart/items/{mug.variant_id}"

    responses = [await anonymous.send("DELETE", path) for _ in range(2)]

    assert [response.status_code for response in responses] == [200, 200]
    assert responses[1].json()["items"] == []


async def test_no_more_than_there_is_can_be_put_in(anonymous, make_product):
    few = make_product(stock=3)
    await anonymous.add(few, 2)

    response = await anonymous.add(few, 2)

    assert (response.status_code, response.json()["code"]) == (409, "quantity-unavailable")
    assert response.json()["errors"][0]["pointer"] == "/quantity"
    assert quantities(await anonymous.cart()) == {"mug": 2}


async def test_fewer_are_always_welcome(anonymous, make_product, database):
    product = make_product(stock=5)
    await anonymous.add(product, 5)
    database.run("UPDATE variants SET stock = 1")

    response = await anonymous.send("PUT", f"/api/shop/cart/items/{product.variant_id}", {"quantity": 3})

    assert response.status_code == 200


@pytest.mark.parametrize("quantity", [0, -1, 100, 1.5, "two", None, True, "2", 2.0])
async def test_a_quantity_that_is_none_is_refused(anonymous, mug, quantity):
    body = {"variant_id": mug.variant_id, "quantity": quantity}

    assert (await anonymous.send("POST", "/api/shop/cart/items", body)).status_code == 422


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_what_is_not_for_sale_is_not_found(anonymous, method):
    path = "/api/shop/cart/items" + ("" if method == "POST" else f"/{NOBODYS}")
    body = {"quantity": 1} | ({"variant_id": NOBODYS} if method == "POST" else {})

    response = await anonymous.send(method, path, body)

    assert (response.status_code, response.json()["code"]) == (404, "variant-not-found")


async def test_a_cart_holds_fifty_things(anonymous, make_product):
    products = [make_product(f"thing-{number}") for number in range(51)]
    for thing in products[:50]:
        assert (await anonymous.add(thing)).status_code == 200

    assert (await anonymous.add(products[50])).json()["code"] == "cart-full"
    assert (await anonymous.add(products[0])).status_code == 200


async def test_additions_at_once_are_all_counted(anonymous, make_product):
    product = make_product(stock=99)
    await anonymous.cart()

    responses = await asyncio.gather(*(anonymous.add(product) for _ in range(30)))

    assert {response.status_code for response in responses} == {200}
    assert quantities(await anonymous.cart()) == {"mug": 30}


async def test_an_addition_repeated_under_its_key_is_one(anonymous, mug):
    await anonymous.cart()

    responses = [await anonymous.add(mug, 2, key="once") for _ in range(3)]

    assert len({response.content for response in responses}) == 1
    assert responses[1].headers["idempotent-replayed"] == "true"
    assert quantities(await anonymous.cart()) == {"mug": 2}


async def test_a_first_addition_whose_answer_was_lost_with_the_cookie_is_one(make_shopper, mug):
    """A repeat without the cookie gets the same cart and its cookie."""
    first, again = make_shopper(), make_shopper()

    await first.add(mug, key="first-of-all")
    repeated = await again.add(mug, key="first-of-all")

    assert repeated.headers["idempotent-replayed"] == "true"
    assert again.cookie == first.cookie
    assert quantities(await again.cart()) == {"mug": 1}


async def test_two_visitors_with_carts_never_share_a_key(make_shopper, mug):
    first, second = make_shopper(), make_shopper()
    for visitor in (first, second):
        await visitor.cart()

    responses = [await visitor.add(mug, key="mine") for visitor in (first, second)]

    assert "idempotent-replayed" not in responses[1].headers
    assert first.cookie != second.cookie


@pytest.mark.parametrize("spoil", ["", "x", "{id}", "{id}.", "{id}.AAAA", "{other}.{signature}", "{upper}.{signature}"])
async def test_a_cookie_that_we_did_not_make_opens_no_cart(anonymous, mug, spoil):
    await anonymous.add(mug)
    identity, _, signature = anonymous.cookie.partition(".")
    other = uuid_utils.compat.uuid7().hex
    anonymous.cookie = spoil.format(id=identity, other=other, upper=identity.upper(), signature=signature) or "-"

    assert (await anonymous.cart())["items"] == []


def test_a_token_is_made_with_one_key():
    cart = uuid_utils.compat.uuid7()
    mine, others = CartTokens(SecretStr("a" * 32)), CartTokens(SecretStr("b" * 32))

    assert mine.parse_cart_id(mine.issue(cart)) == cart
    assert mine.parse_cart_id(others.issue(cart)) is None


async def test_a_members_cart_is_its_own_wherever_it_is(ann, bob, make_shopper, mug):
    await ann.add(mug, 2)
    elsewhere = make_shopper()
    elsewhere.headers = ann.headers

    assert quantities(await elsewhere.cart()) == {"mug": 2}
    assert (await elsewhere.cart())["owner"] == "member"
    assert (await bob.cart())["items"] == []


async def test_a_token_that_is_no_good_is_refused_and_not_taken_for_none(anonymous):
    anonymous.headers = {"Authorization": "Bearer x.y.z"}

    assert (await anonymous.send("GET", "/api/shop/cart")).status_code == 401


async def test_at_the_log_in_the_carts_become_one(ann, anonymous, make_product, merge):
    both, first, second = make_product("both"), make_product("first"), make_product("second")
    await anonymous.add(both, 2)
    await anonymous.add(first)
    await ann.add(both)
    await ann.add(second)

    response = await merge(ann, anonymous.cookie)

    assert response.status_code == 200
    cart = await ann.cart()
    assert response.json() == cart
    assert quantities(cart) == {"both": 3, "first": 1, "second": 1}
    assert (await anonymous.cart())["items"] == []


async def test_a_merge_done_twice_or_at_once_doubles_nothing(ann, anonymous, mug, merge, database):
    await anonymous.add(mug, 2)
    token = anonymous.cookie

    responses = await asyncio.gather(*(merge(ann, token) for _ in range(12)))

    assert [quantities(response.json()) for response in responses] == [{"mug": 2}] * 12
    assert quantities(await ann.cart()) == {"mug": 2}
    assert database.one("SELECT count(*) FROM carts") == 1


async def test_what_is_put_in_while_carts_are_merged_is_in_one_of_them(make_shopper, make_product, merge):
    """Additions to either cart and the merge, all at once: nothing is lost, nothing doubled."""
    products = [make_product(f"thing-{number}", stock=99) for number in range(4)]
    for _ in range(5):
        member, visitor = make_shopper("member"), make_shopper()
        for thing in products:
            await visitor.add(thing)
        token = visitor.cookie

        await asyncio.gather(
            *(visitor.add(thing) for thing in products), *(member.add(thing) for thing in products),
            *(merge(member, token) for _ in range(3)), *(visitor.add(thing) for thing in products),
        )  # fmt: skip
        await merge(member, token)

        assert quantities(await member.cart()) == {thing.slug: 4 for thing in products}
        assert (await visitor.cart())["items"] == []


async def test_a_member_that_still_brings_its_cookie_loses_nothing(ann, anonymous, mug):
    """As when web did not get round to merging: the next look at the cart does it."""
    await anonymous.add(mug, 2)
    ann.cookie = anonymous.cookie

    assert quantities(await ann.cart()) == {"mug": 2}
    assert quantities((await ann.add(mug)).json()) == {"mug": 3}


async def test_two_visitors_become_the_same_member_at_once(ann, make_shopper, make_product, merge):
    product = make_product(stock=99)
    visitors = [make_shopper() for _ in range(6)]
    for visitor in visitors:
        await visitor.add(product)

    await asyncio.gather(*(merge(ann, visitor.cookie) for visitor in visitors))

    assert quantities(await ann.cart()) == {"mug": 6}


@pytest.mark.parametrize("token", ["", "x", "0" * 32 + ".AAAA"])
async def test_a_token_that_is_not_ours_merges_nothing(ann, merge, token):
    response = await merge(ann, token)

    assert (response.status_code, response.json()["items"]) == (200, [])


async def test_idle_carts_of_nobody_are_thrown_away_in_time(ann, anonymous, mug, services, database):
    from platform_shop.purge import purge

    for shopper in (ann, anonymous) * 2:
        await shopper.add(mug)
    database.run("UPDATE carts SET updated_at = now() - interval '29 days'")
    assert await purge(services) == 0
    database.run("UPDATE carts SET updated_at = now() - interval '31 days'")

    assert await purge(services) == 1
    assert quantities(await ann.cart()) == {"mug": 2}
    assert (await anonymous.cart())["items"] == []


async def test_whoever_has_the_cart_already_is_not_sent_it_again(ann, mug):
    await ann.add(mug)
    first = await ann.send("GET", "/api/shop/cart")

    again = await ann.send("GET", "/api/shop/cart", If_None_Match=first.headers["etag"])

    assert (again.status_code, again.headers["cache-control"]) == (304, "no-store")


@pytest.mark.parametrize("setting", [True, False])
async def test_the_cookie_is_for_tls_unless_the_development_setting_says_otherwise(
    make_settings, start, connect, setting
):
    client = await connect(await start(make_settings(insecure_cookies_for_local_development=setting)))

    given = (await client.get("/api/shop/cart")).headers["set-cookie"]

    assert given.startswith("cart=" if setting else "__Host-cart=")
    assert ("Secure" in given) is not setting


async def test_keys_of_a_cart_end_nowhere_else(anonymous, mug, database):
    await anonymous.add(mug, key=secrets.token_hex(8))

    (row,) = database.run("SELECT scope FROM idempotency_records")
    assert row["scope"].startswith("cart:")
    assert anonymous.cookie not in str(database.run("SELECT * FROM idempotency_records"))
