"""The cart through edge and gateway: by a cookie of the shop's own, or by the member's token."""

from collections.abc import Callable

import pytest

from blackbox.client import Client, Session, new_key
from blackbox.house_rules import assert_problem
from blackbox.shopping import CART, put_in, variant_of


@pytest.fixture
def mug(client: Client) -> dict:
    """A mug, of which there are many."""
    return variant_of(client, "celadon-mug")


def slugs(response) -> dict[str, int]:
    return {item["product"]["slug"]: item["quantity"] for item in response.json()["items"]}


def cookie_of(response) -> str:
    """Return the cart's cookie, as a browser sends it back."""
    given = response.headers["set-cookie"]
    assert "HttpOnly" in given
    assert "samesite=lax" in given.lower()
    return str(given.split(";")[0])


def test_a_visitor_keeps_its_cart_by_the_shops_cookie(client: Client, new_client: Callable[[], Client], mug):
    cookie = {"Cookie": cookie_of(client.get(CART))}

    assert put_in(client, mug, 2, headers=cookie).status_code == 200
    assert slugs(client.get(CART, headers=cookie)) == {"celadon-mug": 2}
    assert client.get(CART, headers=cookie).json()["owner"] == "anonymous"
    assert slugs(new_client().get(CART)) == {}


def test_a_spoilt_cookie_opens_nobodys_cart(client: Client, new_client: Callable[[], Client], mug):
    cookie = cookie_of(client.get(CART))
    put_in(client, mug, headers={"Cookie": cookie})

    for invalid in (cookie[:-3] + "AAA", cookie.replace("=", "=0", 1), cookie.split(".")[0], f"{cookie}; {cookie}x"):
        assert slugs(new_client().get(CART, headers={"Cookie": invalid})) == {}, invalid


def test_the_platforms_own_cookies_do_not_get_as_far_as_the_shop(client: Client, reader: Session):
    """They are auth's and web's. With them the edge knows the member, and the shop gets a token in their place."""
    cookie = f"access={reader.access_token}; __Host-access={reader.access_token}"

    response = client.get(CART, headers={"Cookie": cookie})

    assert response.json()["owner"] == "member"
    assert "set-cookie" not in response.headers


def test_a_member_finds_its_cart_wherever_it_logs_in(member: Session, client: Client, mug):
    put_in(member, mug, 3)

    assert slugs(client.log_in(member.account).get(CART)) == {"celadon-mug": 3}


def test_what_was_put_in_before_the_log_in_is_there_after_it(member: Session, client: Client, mug):
    cookie = {"Cookie": cookie_of(client.get(CART))}
    put_in(client, mug, 2, headers=cookie)
    put_in(member, variant_of(client, "letter-set"))

    for _ in range(2):
        assert slugs(member.get(CART, headers=cookie)) == {"letter-set": 1, "celadon-mug": 2}
    assert slugs(client.get(CART, headers=cookie)) == {}


def test_forged_headers_open_no_members_cart(client: Client, member: Session, mug):
    put_in(member, mug)

    for name in ("X-Auth-Subject", "X-Auth_Subject", "x-auth-subject"):
        for sender in (client, client.with_token(None)):
            assert slugs(sender.get(CART, headers={name: member.account.id})) == {}


def test_an_addition_is_replayed(member: Session, mug):
    key = new_key()

    first, again = put_in(member, mug, key=key), put_in(member, mug, key=key)

    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert slugs(member.get(CART)) == {"celadon-mug": 1}


def visitors_behind_one_address(client: Client) -> list[Client]:
    """Return two clients of the same address, each of which keeps its own cookies."""
    return [client.with_token(None) for _ in range(2)]


def test_two_visitors_behind_one_address_have_carts_of_their_own(client: Client, mug):
    key = new_key()
    ann, ben = visitors_behind_one_address(client)
    ann_cookie, ben_cookie = ({"Cookie": cookie_of(visitor.get(CART))} for visitor in (ann, ben))
    put_in(ann, variant_of(client, "letter-set"), headers=ann_cookie)

    first, second = put_in(ann, mug, key=key, headers=ann_cookie), put_in(ben, mug, key=key, headers=ben_cookie)

    assert slugs(first) == {"letter-set": 1, "celadon-mug": 1}
    assert slugs(second) == slugs(ben.get(CART, headers=ben_cookie)) == {"celadon-mug": 1}
    assert "idempotent-replayed" not in second.headers
    for visitor, cookie, response in ((ann, ann_cookie, first), (ben, ben_cookie, second)):
        again = put_in(visitor, mug, key=key, headers=cookie)
        assert (again.content, again.headers["idempotent-replayed"]) == (response.content, "true")


def test_a_first_addition_whose_response_was_lost_with_the_cookie_is_one(client: Client, mug):
    key = new_key()
    before, after = visitors_behind_one_address(client)

    first, again = put_in(before, mug, key=key), put_in(after, mug, key=key)

    assert cookie_of(again) == cookie_of(first)
    assert again.headers["idempotent-replayed"] == "true"
    assert (first.headers["idempotency-status"], again.headers["idempotency-status"]) == ("bypassed", "replayed")
    assert "idempotency-stored" not in again.headers
    assert slugs(after.get(CART, headers={"Cookie": cookie_of(again)})) == {"celadon-mug": 1}


def test_a_repeat_with_an_unusable_cookie_gets_a_good_one_again(client: Client, mug):
    invalid, key = {"Cookie": cookie_of(client.get(CART))[:-3] + "AAA"}, new_key()
    before, after = visitors_behind_one_address(client)

    first, again = (put_in(visitor, mug, key=key, headers=invalid) for visitor in (before, after))

    assert cookie_of(again) == cookie_of(first)
    assert slugs(after.get(CART, headers={"Cookie": cookie_of(again)})) == {"celadon-mug": 1}


def test_a_key_is_for_one_request(member: Session, mug):
    key = new_key()
    put_in(member, mug, 1, key=key)

    assert_problem(put_in(member, mug, 2, key=key), 422, "idempotency-key-reused")


def test_quantities_are_set_and_taken_out(member: Session, mug):
    path = f"{CART}/items/{mug['id']}"

    assert slugs(member.put(path, {"quantity": 5})) == {"celadon-mug": 5}
    assert slugs(member.delete(path)) == {}


def test_what_is_sold_out_cannot_be_put_in(member: Session):
    sold_out = variant_of(member, "ink-plate", 2)

    assert not sold_out["in_stock"]
    assert_problem(put_in(member, sold_out), 409, "quantity-unavailable")


def test_a_cart_has_no_secret_in_any_log(own_platform, client: Client, mug):
    cookie = cookie_of(client.get(CART))
    put_in(client, mug, headers={"Cookie": cookie})
    secret = cookie.partition("=")[2]

    assert not [name for name, text in own_platform.logs() if secret in text]
