"""The catalogue through edge and gateway: for anyone, in two languages, kept by caches as long as it says."""

import pytest

from blackbox.client import Client, Session, pages
from blackbox.house_rules import assert_problem
from blackbox.shopping import PRODUCTS

LANGUAGES = {"en": "Celadon mug", "ko": "청자 머그잔"}


def test_the_shop_opens_with_products_of_every_category(client: Client):
    page = client.get(PRODUCTS, params={"limit": 100}).json()

    assert len(page["items"]) == page["total_estimate"] == 30
    assert {category["count"] for category in page["facets"]["categories"]} == {5}
    assert len(page["facets"]["categories"]) == 6


def test_pages_lead_through_all_of_them(client: Client):
    found = [item["slug"] for item in pages(client, PRODUCTS, limit=7, sort="price")]

    assert len(set(found)) == len(found) == 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_come_in_the_language_that_the_client_asks_for(client: Client, language: str):
    responses = [
        client.get(f"{PRODUCTS}/celadon-mug", headers={"Accept-Language": language}),
        client.get(f"{PRODUCTS}/celadon-mug", params={"lang": language}),
    ]

    for response in responses:
        assert response.json()["name"] == LANGUAGES[language]
        assert response.headers["content-language"] == language
        assert "accept-language" in response.headers["vary"].lower()


@pytest.mark.parametrize("q", ["머그", "mug", "ajrm", "celadno"])
def test_a_search_finds_what_is_meant(client: Client, q: str):
    assert client.get(PRODUCTS, params={"q": q}).json()["items"][0]["slug"] == "celadon-mug"


def test_what_a_cache_holds_is_not_sent_again(client: Client):
    for path in (PRODUCTS, f"{PRODUCTS}/celadon-mug", client.get(f"{PRODUCTS}/celadon-mug").json()["picture"]):
        first = client.get(path)
        assert first.headers["cache-control"].startswith("public")

        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_a_picture_is_drawn_and_can_do_nothing(client: Client):
    picture = client.get(client.get(f"{PRODUCTS}/celadon-mug").json()["picture"])

    assert picture.headers["content-type"] == "image/svg+xml"
    assert "immutable" in picture.headers["cache-control"]
    assert "sandbox" in picture.headers["content-security-policy"]
    assert picture.content.startswith(b"<svg")


def test_it_is_the_same_for_everybody(client: Client, reader: Session, admin: Session):
    """So that a cache may give it to anyone."""
    for path in (PRODUCTS, f"{PRODUCTS}/celadon-mug"):
        responses = [sender.get(path) for sender in (client, reader, admin)]
        assert len({response.content for response in responses}) == 1
        assert not [response for response in responses if "set-cookie" in response.headers]


def test_what_is_not_there_is_a_problem(client: Client):
    assert_problem(client.get(f"{PRODUCTS}/nothing"), 404, "product-not-found")
    assert_problem(client.get(PRODUCTS, params={"cursor": "x"}), 422, "cursor-invalid")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_changes_it_from_outside(admin: Session, method: str):
    for path in (PRODUCTS, f"{PRODUCTS}/celadon-mug"):
        assert admin.request(method, path, json={}).status_code in {404, 405}
