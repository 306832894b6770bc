"""The work of lists and searches has a bound: by plans of the very statements that are sent, and for any text."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
import uuid_utils.compat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platform_common.problems import Overloaded
from platform_shop.catalogue.capacity import CountsCache, Gate
from platform_shop.catalogue.cursors import Filters, Sort
from platform_shop.catalogue.keystrokes import search_keys
from platform_shop.catalogue.search import MAX_MATCHES
from platform_shop.languages import Language
from platform_testing.database import explain, recorded_statements

PRODUCTS = "/api/shop/products"
MANY = 6000
LISTS = [
    (Filters(), Sort.NEWEST), (Filters(), Sort.PRICE_ASCENDING), (Filters(category="all"), Sort.NEWEST),
    (Filters(category="all"), Sort.PRICE_DESCENDING), (Filters(in_stock=True), Sort.PRICE_ASCENDING),
    (Filters(category="all", min_price=10, max_price=5000, in_stock=True), Sort.PRICE_ASCENDING),
]  # fmt: skip
# Every product is found by each of these but the last two.
TEXTS = ["머그", "ajrm", "mug", "m", "ㅁ", "머", "cup", "머그 mug cup", "xylophone", "뷁쉙"]


@pytest.fixture
def many(database):
    """Many products that all have the same words, every other one in stock."""
    category = uuid_utils.compat.uuid7()
    database.run(
        "INSERT INTO categories (id, slug, name_ko, name_en, position) VALUES (%s, 'all', '', '', 0)", category
    )
    korean, english = search_keys("머그 머그잔", "mug cup", "mugs")
    database.run(
        "INSERT INTO products (id, slug, category_id, name_ko, name_en, summary_ko, summary_en, description_ko,"
        " description_en, price, picture, search_keys_ko, search_keys_en)"
        " SELECT gen_random_uuid(), 'mug-' || n, %s, '머그 머그잔', 'Mug cup', '', '', '', repeat('mug and cup ', 40),"
        " n, '{}', %s, %s || ' w' || n FROM generate_series(1, %s) n",
        category, korean, english, MANY,
    )  # fmt: skip
    database.run(
        "INSERT INTO variants (id, product_id, sku, name_ko, name_en, price, stock, position)"
        " SELECT gen_random_uuid(), id, slug, '', '', price, mod(price, 2), 0 FROM products"
    )
    database.run("VACUUM (ANALYZE) products, variants, search_words, categories")


async def plans_of(services, filters, sort):
    """Send a list as the service does, and return its page and what its statements cost."""
    async with services.sessions() as session:
        with recorded_statements(services.engine) as sent:
            page = await services.catalogue.list_products(
                session, filters, sort, Language.ENGLISH, cursor=None, limit=20
            )
        return page, [await explain(session, *one) for one in sent if "set_config" not in one[0]]


@pytest.mark.usefixtures("many")
async def test_a_page_of_a_list_reads_no_more_than_it_shows(services):
    for filters, sort in LISTS:
        page, (*facets, products) = await plans_of(services, filters, sort)

        assert (len(page.items), page.total_estimate) != (0, 0), filters
        assert products.rows < 200, (filters, products)
        assert products.buffers < 400, (filters, products)
        # Where they were not counted for another order already: one pass over an index, no product's row, no variant.
        for plan in facets:
            assert plan.rows <= MANY, (filters, plan)
            assert "variants" not in plan.statement
            assert plan.buffers < MANY / 2, (filters, plan)


@pytest.mark.usefixtures("many")
async def test_a_search_reads_so_many_matches_and_no_more(services):
    for text in TEXTS:
        _, plans = await plans_of(services, Filters(q=text), Sort.RELEVANCE)

        vocabulary, facets, products = plans
        for plan in (facets, products):
            assert plan.rows <= MAX_MATCHES, (text, plan)
            assert plan.buffers < 2 * MAX_MATCHES, (text, plan)
        assert vocabulary.rows <= 1000, (text, vocabulary)
        assert vocabulary.buffers < 500, (text, vocabulary)


@pytest.mark.usefixtures("many")
async def test_a_search_counts_what_it_ranks(client):
    page = (await client.get(PRODUCTS, params={"q": "mug"})).json()

    assert page["total_estimate"] == MAX_MATCHES
    assert page["facets"]["categories"][0]["count"] == MAX_MATCHES


@pytest.mark.usefixtures("mug")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=100), st.text(st.sampled_from("-!\"'&|():*<>\\ %_가ㅁa1"), max_size=100)))
async def test_any_text_is_searched_for(services, text):
    filters = Filters(q=text.replace("\x00", ""))
    async with services.sessions() as session:
        await services.catalogue.list_products(session, filters, Sort.RELEVANCE, Language.KOREAN, cursor=None, limit=5)


@pytest.mark.usefixtures("mug")
@pytest.mark.parametrize(
    "q", ["-" * 33, "-" * 100, "!" * 100, "(" * 100, '"' * 99, "-mug " * 20, "a " * 50, "ㅁ" * 100]
)
async def test_a_text_of_operators_is_text(client, q):
    assert (await client.get(PRODUCTS, params={"q": q})).status_code == 200


async def test_a_product_is_in_stock_while_any_variant_is(client, make_product, database, ann):
    product = make_product(stock=1)
    second = "INSERT INTO variants (id, product_id, sku, name_ko, name_en, price, stock, position)"
    database.run(f"{second} SELECT gen_random_uuid(), id, 'other', '', '', 1, 1, 1 FROM products")

    async def in_stock():
        listed = (await client.get(PRODUCTS)).json()["items"][0]["in_stock"]
        assert (await client.get(f"{PRODUCTS}/{product.slug}")).json()["in_stock"] is listed
        return listed

    await ann.add(product)
    order = (await ann.order("never")).json()
    assert await in_stock()
    database.run("UPDATE variants SET stock = 0 WHERE sku = 'other'")
    assert not await in_stock()
    await ann.send("POST", f"/api/shop/orders/{order['id']}/cancel", key="cancel")
    assert await in_stock()
    database.run("DELETE FROM variants WHERE sku <> 'other'")
    assert not await in_stock()


async def test_of_two_last_pieces_sold_at_once_none_is_left_for_sale(make_shopper, make_product, database):
    product = make_product(stock=8)
    second = "INSERT INTO variants (id, product_id, sku, name_ko, name_en, price, stock, position)"
    database.run(f"{second} SELECT gen_random_uuid(), id, 'other', '', '', 1, 8, 1 FROM products")
    other = type(product)(product.slug, str(database.one("SELECT id FROM variants WHERE sku = 'other'")), 1)
    buyers = [make_shopper("member") for _ in range(16)]
    for number, buyer in enumerate(buyers):
        await buyer.add(product if number % 2 else other)

    responses = await asyncio.gather(*(buyer.order() for buyer in buyers))

    assert {response.status_code for response in responses} == {201}
    assert database.one("SELECT in_stock FROM products") is False


async def test_a_statement_of_a_list_that_takes_too_long_is_ended(start, connect, make_settings, database, mug):
    client = await connect(await start(make_settings(catalogue_statement_timeout_seconds=0.05)))

    with psycopg.connect(database.url) as connection:
        connection.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE")
        response = await client.get(PRODUCTS, params={"q": "mug"})

    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")
    # The connection goes back with its own limits.
    assert (await client.get(f"{PRODUCTS}/{mug.slug}")).status_code == 200


async def test_who_finds_no_place_at_the_database_gets_retry_after():
    gate, entered, leave = Gate(1, waiting=1, seconds=30), asyncio.Event(), asyncio.Event()

    async def occupy():
        async with gate.enter():
            entered.set()
            await leave.wait()

    first = asyncio.create_task(occupy())
    await entered.wait()
    second = asyncio.create_task(occupy())
    await asyncio.sleep(0)

    with pytest.raises(Overloaded) as refused:
        async with gate.enter():
            pass

    assert refused.value.headers["Retry-After"] == "1"
    leave.set()
    await asyncio.gather(first, second)
    async with gate.enter():
        pass


async def test_who_waits_too_long_for_a_place_gets_retry_after():
    gate = Gate(1, waiting=1, seconds=0.01)
    async with gate.enter():
        with pytest.raises(Overloaded):
            async with gate.enter():
                pass


async def test_of_those_who_ask_for_the_same_counts_one_counts():
    now, counted = [0.0], []
    cache = CountsCache(30, size=2, now=lambda: now[0])

    async def count():
        counted.append(1)
        await asyncio.sleep(0)
        return []

    await asyncio.gather(*(cache.get(Filters(), count) for _ in range(5)))
    assert len(counted) == 1
    now[0] = 30
    await cache.get(Filters(), count)
    assert len(counted) == 2
    for category in ("a", "b"):
        await cache.get(Filters(category=category), count)
    await cache.get(Filters(), count)
    assert len(counted) == 5, "of two places the oldest is reused"


async def test_a_count_that_failed_is_not_kept():
    cache = CountsCache(30)

    async def fail():
        raise Overloaded

    async def count():
        return []

    with pytest.raises(Overloaded):
        await cache.get(Filters(), fail)
    assert await cache.get(Filters(), count) == []
