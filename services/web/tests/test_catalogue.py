"""The catalogue: search and facets in the address, products, and the shelf while shop is unavailable."""

from __future__ import annotations

import pytest

from blackbox.pages import Page
from platform_web.catalogue.search import Search
from webtests.products import FULL_PRODUCT, PAGE, PRODUCT, VARIANT

PRODUCTS, MUG = "/api/shop/products", "/api/shop/products/celadon-mug"


async def test_the_front_page_shows_what_is_new_and_the_categories(browser, services):
    services.shop.on("GET", PRODUCTS, 200, PAGE)

    page = await browser.page("/")

    assert "/products/celadon-mug" in page.links
    assert "/products?category=tableware" in page.links
    assert "₩24,000" in page.text


async def test_the_whole_search_is_in_the_address_and_goes_to_the_shop(browser, services):
    services.shop.on("GET", PRODUCTS, 200, PAGE | {"next": "c2"})
    address = (
        "/products?q=jade+mug&category=tableware&min_price=1000&max_price=30000&in_stock=true&sort=-price&cursor=c1"
    )

    page = await browser.page(address, Accept_Language="ko")

    asked = services.shop.asked("GET", PRODUCTS)[0]["query"]
    assert asked == {
        "q": "jade mug",
        "category": "tableware",
        "min_price": "1000",
        "max_price": "30000",
        "in_stock": "true",
        "sort": "-price",
        "cursor": "c1",
        "limit": "24",
        "lang": "ko",
    }
    assert any("cursor=c2" in link and "q=jade+mug" in link for link in page.links)
    filters = next(form for form in page.forms if "sort" in form.fields)
    assert filters.fields["category"] == "tableware"
    assert (filters.method, filters.action, filters.fields["q"]) == ("get", "/products", "jade mug")


@pytest.mark.parametrize(
    "nonsense", [{"category": "../x"}, {"min_price": "-1"}, {"sort": "up"}, {"cursor": "a b"}, {"in_stock": "maybe"}]
)
def test_what_makes_no_sense_in_an_address_is_left_out(nonsense):
    assert Search.from_query(nonsense) == Search()


@pytest.mark.parametrize(
    ("query", "heading"),
    [("", "Products"), ("?category=tableware", "Tableware"), ("?q=mug&category=tableware", "Search for “mug”")],
)
async def test_the_heading_names_what_is_shown(browser, services, query, heading):
    services.shop.on("GET", PRODUCTS, 200, PAGE)

    page = await browser.page(f"/products{query}")

    assert page.title == f"{heading} · Haru"
    assert f"<h1 data-heading>{heading}</h1>" in page.html


@pytest.mark.parametrize(("query", "default"), [("", "newest"), ("?q=mug", "relevance"), ("?sort=relevance", "newest")])
async def test_the_best_match_is_offered_for_words_only(browser, services, query, default):
    services.shop.on("GET", PRODUCTS, 200, PAGE)

    page = await browser.page(f"/products{query}")

    assert services.shop.asked("GET", PRODUCTS)[-1]["query"]["sort"] == default
    assert ("Best match" in page.text) == (default == "relevance")


@pytest.mark.parametrize("typed", ["abc", "-1", "1.5"])
async def test_a_price_that_is_none_is_named_and_stays_in_its_field(browser, services, typed):
    services.shop.on("GET", PRODUCTS, 200, PAGE)

    page = await browser.page(f"/products?min_price={typed}&max_price=30,000")

    asked = services.shop.asked("GET", PRODUCTS)[-1]["query"]
    assert "min_price" not in asked
    assert asked["max_price"] == "30000"
    assert "Enter a price in digits" in page.text
    assert next(form for form in page.forms if "sort" in form.fields).fields["min_price"] == typed


async def test_an_old_address_that_the_shop_refuses_begins_again(browser, services):
    services.shop.refuse("GET", PRODUCTS, 422, "cursor-invalid")

    response = await browser.get("/products?q=mug&cursor=old")

    assert response.headers["location"] == "/products?q=mug"


async def test_what_is_searched_for_is_never_markup(browser, services):
    services.shop.on("GET", PRODUCTS, 200, PAGE | {"items": [], "total_estimate": 0})

    response = await browser.get("/products?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")

    assert "<script>alert" not in response.text
    assert "No products match" in Page(response.text).text


async def test_a_product_shows_its_variants_and_a_form_with_a_key(browser, services):
    other = {"id": "01990000-0000-7000-8000-0000000000b2", "name": "380 ml"}
    sold_out = VARIANT | other | {"in_stock": False, "available": 0}
    services.shop.on("GET", MUG, 200, FULL_PRODUCT | {"variants": [sold_out, VARIANT]})

    page = await browser.page("/products/celadon-mug")

    form = page.form("/cart/items")
    assert form.fields["variant_id"] == VARIANT["id"], "the first that can be had is chosen"
    assert len(form.fields["key"]) == 32
    assert "only 3 left" in page.text
    assert "Sold out" in page.text
    assert "Thrown by hand." in page.text


async def test_a_product_without_stock_cannot_be_bought(browser, services):
    services.shop.on("GET", MUG, 200, FULL_PRODUCT | {"variants": [VARIANT | {"in_stock": False, "available": 0}]})

    page = await browser.page("/products/celadon-mug")

    assert "Sold out for now" in page.text
    assert not [button for button in page.form("/cart/items").buttons if button.get("type") == "submit"]


@pytest.mark.parametrize("path", ["none", "Celadon", "..%2f..%2finternal", "a?b", "a%3fb", "%2e%2e"])
async def test_a_product_that_is_not_there_is_a_page_that_helps(browser, path):
    response = await browser.get(f"/products/{path}")

    assert response.status_code == 404
    assert "/products" in Page(response.text).links


async def test_while_shop_is_unavailable_each_page_comes_and_says_so(browser, services):
    await services.shop.stop()

    home, products, product = [await browser.get(path) for path in ("/", "/products", "/products/celadon-mug")]

    assert (home.status_code, products.status_code, product.status_code) == (200, 503, 503)
    for response in (home, products):
        assert "Our products cannot be loaded right now" in response.text
    assert "We cannot do that right now" in product.text


async def test_a_shop_that_hangs_holds_no_page_for_longer_than_its_time_out(browser, services):
    services.shop.hang("GET", PRODUCTS)

    response = await browser.get("/")

    assert response.status_code == 200
    assert "Our products cannot be loaded right now" in response.text


async def test_a_read_is_tried_once_more_when_the_connection_breaks(browser, services):
    services.shop.on("GET", PRODUCTS, 200, PAGE)
    services.shop.cut("GET", PRODUCTS, times=1)

    page = await browser.page("/products")

    assert PRODUCT["name"] in page.text


async def test_the_cart_is_asked_for_at_the_same_time_as_the_page(member, services):
    """At most one round trip deep: neither waits for the other."""
    services.shop.hang("GET", PRODUCTS)
    services.shop.hang("GET", "/api/shop/cart")

    await member.page("/")

    assert {request["path"] for request in services.shop.requests} == {PRODUCTS, "/api/shop/cart"}


async def test_without_a_shop_the_pages_of_members_are_all_there_is(make_browser):
    browser = await make_browser(shop_url=None)

    page = await browser.page("/")

    assert "/products" not in page.links
    assert (await browser.get("/products")).status_code == 404
