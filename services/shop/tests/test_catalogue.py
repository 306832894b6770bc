"""The catalogue: lists, facets, pages, languages, caches, pictures."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_shop.catalogue.keystrokes import keystrokes, search_keys
from platform_shop.catalogue.pictures.drawing import BACKDROPS, MOTIFS, PATTERNS, draw
from platform_shop.catalogue.pictures.palettes import PALETTES

PRODUCTS = "/api/shop/products"


@pytest.fixture
def shelf(make_product):
    """Six products in two categories, of rising prices; one is sold out."""
    return [
        make_product(f"thing-{number}", ko=f"물건 {number}", en=f"Thing {number}", price=1000 * (number + 1),
                   category="even" if number % 2 == 0 else "odd", stock=0 if number == 3 else 5)
        for number in range(6)
    ]  # fmt: skip


async def listed(client, **query):
    response = await client.get(PRODUCTS, params=query)
    assert response.status_code == 200, response.text
    return response.json()


def slugs(page):
    return [item["slug"] for item in page["items"]]


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [5, 4, 3, 2, 1, 0]),
        ({"sort": "newest"}, [5, 4, 3, 2, 1, 0]),
        ({"sort": "price"}, [0, 1, 2, 3, 4, 5]),
        ({"sort": "-price"}, [5, 4, 3, 2, 1, 0]),
        ({"category": "even"}, [4, 2, 0]),
        ({"category": "nowhere"}, []),
        ({"min_price": 2000, "max_price": 4000, "sort": "price"}, [1, 2, 3]),
        ({"in_stock": "true"}, [5, 4, 2, 1, 0]),
        ({"q": "thing", "sort": "price", "category": "odd"}, [1, 3, 5]),
        ({"q": "물건 4"}, [4]),
        ({"q": "nothing like it"}, []),
    ],
)
async def test_a_list_is_limited_and_sorted_as_asked(client, query, found):
    assert slugs(await listed(client, **query))[: len(found) or None] == [f"thing-{number}" for number in found]


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("sort", ["relevance", "newest", "price", "-price"])
@pytest.mark.parametrize("q", [None, "thing"])
async def test_pages_lead_through_the_whole_list_once(client, sort, q):
    query = {"sort": sort, "limit": 2} | ({"q": q} if q else {})
    whole = slugs(await listed(client, **(query | {"limit": 100})))

    walked, cursor = [], None
    while True:
        page = await listed(client, **(query | ({"cursor": cursor} if cursor else {})))
        walked += slugs(page)
        cursor = page["next"]
        if cursor is None:
            break

    assert walked == whole
    assert len(set(walked)) == 6


@pytest.mark.usefixtures("shelf")
async def test_a_page_stays_where_it_was_when_products_are_added(client, make_product):
    first = await listed(client, limit=3)
    make_product("newcomer", category="even")

    assert slugs(await listed(client, limit=3, cursor=first["next"])) == ["thing-2", "thing-1", "thing-0"]


@pytest.mark.usefixtures("shelf")
async def test_a_cursor_is_for_its_own_list(client):
    cursor = (await listed(client, limit=2))["next"]

    for query in ({"sort": "price"}, {"q": "thing"}, {"category": "even"}, {"in_stock": "true"}, {"min_price": 1}):
        response = await client.get(PRODUCTS, params={"cursor": cursor, **query})
        assert (response.status_code, response.json()["code"]) == (422, "cursor-invalid"), query


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "A" * 128])
async def test_a_cursor_that_we_did_not_make_is_refused(client, cursor):
    assert (await client.get(PRODUCTS, params={"cursor": cursor})).json()["code"] == "cursor-invalid"


@pytest.mark.usefixtures("shelf")
async def test_each_facet_says_what_it_would_find_beside_the_others(client):
    page = await listed(client, category="odd", min_price=2000, max_price=4000, in_stock="true")

    assert slugs(page) == ["thing-1"]
    assert page["total_estimate"] == 1
    facets = page["facets"]
    # Its own filter does not count: what the even shelf has at that price, in stock.
    assert [(one["slug"], one["count"]) for one in facets["categories"]] == [("even", 1), ("odd", 1)]
    assert (facets["price"]["min"]["amount"], facets["price"]["max"]["amount"]) == (2000, 6000)
    assert facets["in_stock"] == {"count": 1}


async def test_an_empty_shop_has_an_empty_list(client):
    page = await listed(client)

    assert (page["items"], page["next"], page["total_estimate"]) == ([], None, 0)
    assert page["facets"] == {"categories": [], "price": {"min": None, "max": None}, "in_stock": {"count": 0}}


@pytest.mark.usefixtures("mug")
@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "", "en"), ("", "ko", "ko"), ("", "ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("", "en;q=0.5, ko;q=0.9", "ko"),
        ("", "fr, en", "en"), ("", "fr", "en"), ("", "ko;q=0, en", "en"), ("?lang=ko", "en", "ko"),
        ("?lang=en", "ko", "en"), ("", "ko;q=x", "en"), ("", "*;q=0.1, ko;q=0.1", "ko"),
    ],
)  # fmt: skip
async def test_responses_speak_the_language_that_was_asked_for(client, query, header, language):
    response = await client.get(f"{PRODUCTS}/mug{query}", headers={"Accept-Language": header})

    assert response.json()["name"] == {"ko": "머그잔", "en": "Mug"}[language]
    assert response.headers["content-language"] == language
    assert response.headers["vary"] == "Accept-Language"


async def test_another_language_is_refused(client):
    assert (await client.get(f"{PRODUCTS}?lang=fr")).status_code == 422


@pytest.mark.usefixtures("mug")
@pytest.mark.parametrize("path", [PRODUCTS, f"{PRODUCTS}/mug", f"{PRODUCTS}/mug/picture.svg"])
async def test_whoever_has_it_already_is_not_sent_it_again(client, path, database):
    first = await client.get(path)
    assert first.headers["cache-control"].startswith("public, max-age=")

    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"]

    database.run("""UPDATE products SET price = 1, picture = '{"motif": "bowl"}'""")
    changed = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


@pytest.mark.usefixtures("mug")
async def test_head_responds_as_get_does(client):
    for path in (PRODUCTS, f"{PRODUCTS}/mug", f"{PRODUCTS}/mug/picture.svg"):
        got, asked = await client.get(path), await client.head(path)
        assert (asked.status_code, asked.content) == (200, b"")
        assert asked.headers["etag"] == got.headers["etag"]


async def test_the_stock_itself_is_not_told(client, make_product):
    make_product("many", stock=500)
    make_product("few", stock=3)

    for slug, available in (("many", 10), ("few", 3)):
        (variant,) = (await client.get(f"{PRODUCTS}/{slug}")).json()["variants"]
        assert variant["available"] == available


@pytest.mark.parametrize("path", ["nothing", "nothing/picture.svg", "%00", "a%2fb"])
async def test_what_is_not_there_is_not_found(client, path):
    response = await client.get(f"{PRODUCTS}/{path}")

    assert response.status_code in {404, 422}


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0}, {"limit": 101}, {"limit": "x"}, {"q": "x" * 101}, {"q": "a\x00b"}, {"min_price": -1},
        {"max_price": 10**13}, {"sort": "name"}, {"in_stock": "perhaps"},
    ],
)  # fmt: skip
async def test_a_question_that_does_not_fit_is_refused(client, query):
    assert (await client.get(PRODUCTS, params=query)).status_code == 422


@pytest.mark.usefixtures("mug")
@pytest.mark.parametrize(
    "q", ["'", '"', "%", "_", "\\", "a:*", "&|!()<->", "' OR 1=1 --", "ㅁ", "💡", "머그 & mug", "-mug", "  ", "𝕞𝕦𝕘"]
)
async def test_any_text_may_be_searched_for(client, q):
    assert (await client.get(PRODUCTS, params={"q": q})).status_code == 200


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("머그잔", "ajrmwks"), ("백자 머그잔", "qorwk ajrmwks"), ("Café au lait!", "cafe au lait"), ("닭", "ekfr"),
        ("값 ㅁㅓ", "rkqt aj"), ("왜 의사", "dho dmltk"), ("\uff2d\uff55\uff47", "mug"), ("漢字", ""), ("ㄳ", "rt"),
        ("ㅁ", "a"), ("\u1106\u1165\u1100\u1173", "ajrm"), ("100 ml", "100 ml"),
    ],
)  # fmt: skip
def test_text_is_searched_by_the_keys_that_type_it(text, keys):
    assert keystrokes(text) == keys


@given(st.text(max_size=50))
def test_keys_are_plain_letters_and_digits(text):
    keys = keystrokes(text)

    assert keys.isascii()
    assert keys == keys.lower().strip()
    assert all(character.isalnum() or character == " " for character in keys)


def test_what_looks_alike_in_keys_alone_is_kept_apart():
    assert search_keys("책 corner", "notebook 공책") == ("cor rhdcor", "corner notebook")


async def test_a_korean_word_is_not_found_in_an_english_one(client, make_product):
    """책 is typed `cor`."""
    make_product("corner", ko="모서리", en="Corner shelf")

    assert slugs(await listed(client, q="책")) == []


@pytest.mark.parametrize("motif", MOTIFS)
def test_every_picture_is_a_small_well_formed_svg_that_runs_nothing(motif):
    for number, palette in enumerate(PALETTES):
        pattern, backdrop = list(PATTERNS)[number % len(PATTERNS)], list(BACKDROPS)[number % len(BACKDROPS)]
        svg = draw({"motif": motif, "palette": palette, "pattern": pattern, "backdrop": backdrop})

        root = ET.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert len(svg) < 16_000
        names = {element.tag.partition("}")[2] for element in root.iter()}
        assert names <= {"svg", "defs", "pattern", "g", "path", "rect", "ellipse"}
        attributes = {name for element in root.iter() for name in element.attrib}
        assert not [name for name in attributes if name.startswith("on") or "href" in name]


def test_a_picture_is_the_same_every_time_and_there_always_is_one():
    assert draw({"motif": "mug"}) == draw({"motif": "mug", "palette": "unknown"})
    assert draw({}) == draw({"motif": "no such thing", "extra": "<script>"})
    assert b"script" not in draw({"motif": "<script>"})


@pytest.mark.usefixtures("mug")
async def test_a_pictures_own_address_is_kept_for_good(client, database):
    address = (await client.get(f"{PRODUCTS}/mug")).json()["picture"]

    picture = await client.get(address)

    assert picture.headers["content-type"] == "image/svg+xml"
    assert "immutable" in picture.headers["cache-control"]
    assert "sandbox" in picture.headers["content-security-policy"]
    assert picture.headers["x-content-type-options"] == "nosniff"
    database.run("""UPDATE products SET picture = '{"motif": "bowl"}'""")
    assert (await client.get(f"{PRODUCTS}/mug")).json()["picture"] != address
    assert "immutable" not in (await client.get(address)).headers["cache-control"]
