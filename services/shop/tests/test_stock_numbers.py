"""Stock numbers in responses: public up to ten pieces, the same in the catalogue, the cart and every refusal."""

from __future__ import annotations

import pytest

STOCKS = [(0, 0), (1, 1), (9, 9), (10, 10), (40, 10), (98, 10)]


@pytest.mark.parametrize(("stock", "public"), STOCKS)
async def test_catalogue_and_cart_show_the_same_number(client, anonymous, make_product, database, stock, public):
    product = make_product(stock=98)
    await anonymous.add(product, 98)
    database.run("UPDATE variants SET stock = %s", stock)

    (variant,) = (await client.get(f"/api/shop/products/{product.slug}")).json()["variants"]
    (line,) = (await anonymous.cart())["items"]

    assert variant["available"] == line["available"] == public
    assert line["in_stock"] is (stock == 98)


def digits(response):
    document = response.json()
    texts = [document["detail"], *(error["detail"] for error in document["errors"])]
    return {word.strip(".") for text in texts for word in text.split() if word.strip(".").isdigit()}


@pytest.mark.parametrize(
    ("stock", "named"), [(0, set()), (1, {"1"}), (9, {"9"}), (10, set()), (40, set()), (98, set())]
)
async def test_a_refusal_names_no_higher_number(ann, make_product, database, stock, named):
    product = make_product(stock=stock)
    path = f"/api/shop/cart/items/{product.variant_id}"
    refusals = [await ann.add(product, 99), await ann.send("PUT", path, {"quantity": 99})]
    database.run("UPDATE variants SET stock = 99")
    await ann.add(product, 99)
    database.run("UPDATE variants SET stock = %s", stock)

    refusals.append(await ann.order())

    for refusal in refusals:
        assert (refusal.status_code, digits(refusal)) == (409, named), refusal.text


@pytest.mark.parametrize("stock", [50, 1000])
async def test_the_limit_of_a_line_says_nothing_about_the_stock(ann, make_product, stock):
    product = make_product(stock=stock)
    await ann.add(product, 50)

    refusal = await ann.add(product, 50)

    assert refusal.json()["detail"] == "A cart holds at most 99 of one product."
