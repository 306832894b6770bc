"""Orders: made once, with their stock, at their price, or not at all."""

from __future__ import annotations

import asyncio

import pytest

STOCK = "SELECT stock FROM variants WHERE id = %s"


async def test_an_order_takes_the_stock_and_empties_the_cart(ann, mug, database):
    await ann.add(mug, 3)

    response = await ann.order()

    assert response.status_code == 201, response.text
    order = response.json()
    assert response.headers["location"] == f"/api/shop/orders/{order['id']}"
    assert response.headers["cache-control"] == "no-store"
    assert order["state"] == "pending"
    assert order["total"] == {"amount": 3 * 12900, "currency": "KRW"}
    assert [(item["product_name"], item["variant_name"], item["quantity"]) for item in order["items"]] == [
        ("Mug", "Standard", 3)
    ]
    assert [step["state"] for step in order["timeline"]] == ["pending"]
    assert order["payment"] == {"method": "test", "state": "pending", "failure_reason": None}
    assert order["payable"] is False
    assert order["pay_by"] > order["created_at"]
    assert order["address"]["recipient"] == "김하나"
    assert database.one(STOCK, mug.variant_id) == 7
    assert (await ann.cart())["items"] == []


async def test_an_order_reads_as_it_was_made_whatever_becomes_of_the_products(ann, mug, database):
    await ann.add(mug)
    order = (await ann.order()).json()
    database.run("UPDATE products SET name_en = 'Beaker'; UPDATE variants SET price = 1; DELETE FROM products")

    read = await ann.send("GET", f"/api/shop/orders/{order['id']}")
    korean = await ann.send("GET", f"/api/shop/orders/{order['id']}?lang=ko")

    assert read.json() == order
    assert korean.json()["items"][0]["product_name"] == "머그잔"
    assert read.headers["etag"] != korean.headers["etag"]


async def test_a_repeat_orders_nothing_more_and_gets_the_first_response(ann, mug, database):
    await ann.add(mug)
    cart = await ann.cart()
    same = {"expected_total": cart["total"], "cart_version": cart["version"]}

    first = await ann.order(key="once", **same)
    again = await ann.order(key="once", **same)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert database.one("SELECT count(*) FROM orders") == 1
    assert database.one(STOCK, mug.variant_id) == 9


async def test_repeats_at_once_make_one_order(ann, mug, database):
    await ann.add(mug, 2)
    cart = await ann.cart()
    same = {"expected_total": cart["total"], "cart_version": cart["version"]}

    responses = await asyncio.gather(*(ann.order(key="once", **same) for _ in range(20)))

    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    assert database.one(STOCK, mug.variant_id) == 8


async def test_without_a_key_nothing_is_ordered(ann, mug, address):
    """Not even past the gateway, which asks for one as well."""
    await ann.add(mug)
    cart = await ann.cart()
    body = {
        "address": address,
        "payment": {"method": "test", "token": "ok"},
        "expected_total": cart["total"],
        "cart_version": cart["version"],
    }

    response = await ann.send("POST", "/api/shop/orders", body)

    assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-missing")
    assert (await ann.cart())["item_count"] == 1


async def test_what_is_not_left_is_not_sold(ann, make_product, database):
    few, many = make_product("few", stock=5), make_product("many", stock=5)
    await ann.add(many, 2)
    await ann.add(few, 4)
    database.run("UPDATE variants SET stock = 1 WHERE id = %s", few.variant_id)

    response = await ann.order()

    assert (response.status_code, response.json()["code"]) == (409, "out-of-stock")
    assert response.json()["errors"] == [
        {"pointer": "/items/1", "code": "out-of-stock", "detail": "Mug, Standard: Only 1 is left."}
    ]
    assert database.one(STOCK, many.variant_id) == 5
    assert (await ann.cart())["item_count"] == 6


async def test_a_price_that_changed_since_is_not_paid_unseen(ann, mug, database):
    await ann.add(mug)
    cart = await ann.cart()
    database.run("UPDATE variants SET price = price + 1")

    response = await ann.order(expected_total=cart["total"])

    assert (response.status_code, response.json()["code"]) == (409, "price-changed")
    assert database.one(STOCK, mug.variant_id) == 10


async def test_another_currency_is_another_price(ann, mug):
    await ann.add(mug)

    response = await ann.order(expected_total={"amount": 12900, "currency": "USD"})

    assert response.json()["code"] == "price-changed"


async def test_a_cart_that_changed_since_is_not_ordered_unseen(ann, mug):
    await ann.add(mug)
    cart = await ann.cart()
    await ann.add(mug)

    response = await ann.order(cart_version=cart["version"], expected_total=cart["total"])

    assert (response.status_code, response.json()["code"]) == (409, "cart-changed")


async def test_an_empty_cart_is_no_order(ann):
    assert (await ann.order()).json()["code"] == "cart-empty"


@pytest.mark.timeout(300)
async def test_of_two_hundred_buyers_of_the_last_one_gets_it(make_shopper, make_product, database):
    """Each asks until it knows; the pool holds ten connections, so most wait for one."""
    last = make_product("last", stock=1)
    buyers = [make_shopper("member") for _ in range(200)]
    for start in range(0, 200, 20):
        await asyncio.gather(*(buyer.add(last) for buyer in buyers[start : start + 20]))

    responses = await asyncio.gather(*(buyer.order() for buyer in buyers))

    codes = [response.json().get("code", "made") for response in responses]
    assert (codes.count("made"), codes.count("out-of-stock")) == (1, 199)
    assert database.one(STOCK, last.variant_id) == 0
    assert database.one("SELECT count(*) FROM orders") == 1
    assert database.one("SELECT count(*) FROM order_lines") == 1


async def test_carts_with_the_same_things_in_any_order_never_clash(make_shopper, make_product, database):
    """Rows are locked in one order everywhere, or some of these would wait for each other for ever."""
    products = [make_product(f"thing-{number}", stock=1000) for number in range(6)]
    buyers = [make_shopper("member") for _ in range(24)]
    for number, buyer in enumerate(buyers):
        for thing in products if number % 2 else reversed(products):
            await buyer.add(thing)

    responses = await asyncio.gather(*(buyer.order() for buyer in buyers))

    assert [response.status_code for response in responses] == [201] * len(buyers)
    assert {row["stock"] for row in database.run("SELECT stock FROM variants")} == {1000 - len(buyers)}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipient", ""), ("recipient", "   "), ("recipient", "a\u0007b"), ("phone", "call me"), ("phone", ""),
        ("postal_code", "x"), ("line1", ""), ("city", ""), ("country", "kr"), ("country", "Korea"),
    ],
)  # fmt: skip
async def test_an_address_that_nobody_finds_is_refused(ann, mug, address, field, value):
    await ann.add(mug)

    response = await ann.order(address=address | {field: value})

    assert (response.status_code, response.json()["code"]) == (422, "payload-invalid")
    assert response.json()["errors"][0]["pointer"] == f"/address/{field}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cart_version", "1"), ("cart_version", True), ("cart_version", 1.0),
        ("expected_total", {"amount": "12900", "currency": "KRW"}),
        ("expected_total", {"amount": True, "currency": "KRW"}),
        ("payment", {"method": "test", "token": True}), ("payment", {"method": "test", "token": "gold"}),
    ],
)  # fmt: skip
async def test_a_value_of_another_type_is_not_converted(ann, mug, field, value):
    await ann.add(mug)

    response = await ann.order(**{field: value})

    assert (response.status_code, response.json()["code"]) == (422, "payload-invalid")
    assert response.json()["errors"][0]["pointer"].startswith(f"/{field}")


@pytest.mark.parametrize(
    ("changes", "phone", "postal_code"),
    [
        ({"country": "AE", "postal_code": "", "phone": "+971 4 234 5678"}, "04 234 5678", ""),
        ({"country": "HK", "postal_code": "", "phone": "2123 4567"}, "2123 4567", ""),
        ({"country": "GB", "postal_code": "sw1a 1aa", "phone": "020 7946 0958"}, "020 7946 0958", "SW1A 1AA"),
        ({"phone": "(02) 123-4567"}, "02-123-4567", "04524"),
        ({"phone": "+82 2-123-4567 ext. 3"}, "02-123-4567 ext. 3", "04524"),
    ],
)
async def test_an_address_is_taken_as_its_country_writes_it(ann, mug, address, changes, phone, postal_code):
    await ann.add(mug)

    response = await ann.order(address=address | changes)

    assert response.status_code == 201, response.text
    assert (response.json()["address"]["phone"], response.json()["address"]["postal_code"]) == (phone, postal_code)


async def test_a_country_without_postal_codes_needs_none(ann, mug, address):
    await ann.add(mug)
    del address["postal_code"]

    assert (await ann.order(address=address)).json()["errors"][0]["code"] == "postal-code-missing"
    assert (await ann.order(address=address | {"country": "QA", "phone": "4412 3456"})).status_code == 201


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("postal_code", "", "postal-code-missing"), ("postal_code", "100-110", "postal-code-malformed"),
        ("phone", "call me", "phone-malformed"), ("country", "ZZ", "country-unknown"),
        ("recipient", "\u200b\u3164", "invisible-character"), ("line2", "a\u202eb", "invisible-character"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_an_address_has_a_code(ann, mug, address, field, value, code):
    await ann.add(mug)

    response = await ann.order(address=address | {field: value})

    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [(f"/address/{field}", code)]


async def test_orders_come_newest_first_page_by_page(ann, bob, mug):
    made = []
    for _ in range(5):
        await ann.add(mug)
        made.append((await ann.order()).json()["id"])
    await bob.add(mug)
    await bob.order()

    found, cursor = [], ""
    while cursor is not None:
        following = f"&cursor={cursor}" if cursor else ""
        page = (await ann.send("GET", f"/api/shop/orders?limit=2{following}")).json()
        found += [order["id"] for order in page["items"]]
        cursor = page["next"]

    assert found == made[::-1]


async def test_an_administrator_sees_everybodys_orders_by_state(ann, bob, admin, mug):
    for buyer in (ann, bob):
        await buyer.add(mug)
        await buyer.order()
    own = (await admin.send("GET", "/api/shop/orders")).json()["items"]
    everyone = (await admin.send("GET", "/api/shop/orders?scope=all")).json()["items"]
    shipped = (await admin.send("GET", "/api/shop/orders?scope=all&state=shipped")).json()["items"]

    assert (len(own), len(everyone), len(shipped)) == (0, 2, 0)
    assert (await ann.send("GET", "/api/shop/orders?scope=all")).status_code == 403
