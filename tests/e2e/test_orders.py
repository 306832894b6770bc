"""Orders through edge and gateway: made once, their owner's alone, paid by a signed word, forgotten with it."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from blackbox.client import Client, Session, new_key, pages
from blackbox.house_rules import assert_problem
from blackbox.own_platform import OwnPlatform
from blackbox.shopping import CART, ORDERS, await_state, buy, order_of, put_in, variant_of
from blackbox.waiting import eventually

BUYERS = 8


def test_an_order_is_placed_and_paid(member: Session):
    order = buy(member, quantity=2)

    paid = await_state(member, order["id"], "paid")

    assert paid["payment"]["state"] == "paid"
    assert [step["state"] for step in paid["timeline"]] == ["pending", "paid"]
    assert [item["id"] for item in pages(member, ORDERS)] == [order["id"]]
    assert member.get(CART).json()["items"] == []


def test_whatever_the_provider_says_is_handled_once(member: Session):
    order = buy(member, token="twice")

    assert await_state(member, order["id"], "paid")["version"] == 2


def test_a_declined_order_is_paid_by_another_card(member: Session):
    order = buy(member, token="fail")
    path = f"{ORDERS}/{order['id']}"
    eventually(lambda: member.get(path).json()["payable"], "the decline")

    retried = member.post(f"{path}/payment", {"method": "test", "token": "ok"}, key=new_key())

    assert retried.status_code == 200
    assert await_state(member, order["id"], "paid")["payment"]["failure_reason"] is None


def test_an_order_needs_a_key(member: Session):
    put_in(member, variant_of(member, "celadon-mug"))

    assert_problem(member.post(ORDERS, order_of(member)), 400, "idempotency-key-missing")
    assert list(pages(member, ORDERS)) == []


def test_a_hurried_buyer_orders_once(member: Session):
    """The same request on many connections at once, as of a double click on a bad line."""
    put_in(member, variant_of(member, "celadon-mug"))
    body, key = order_of(member), new_key()
    senders = [member.with_token(member.token) for _ in range(12)]

    with ThreadPoolExecutor(len(senders)) as pool:
        responses = list(pool.map(lambda sender: sender.post(ORDERS, body, key=key), senders))

    assert {response.status_code for response in responses} <= {201, 409}
    made = eventually(lambda: r if (r := member.post(ORDERS, body, key=key)).status_code == 201 else None, "the answer")
    assert {response.content for response in responses if response.status_code == 201} <= {made.content}
    assert [item["id"] for item in pages(member, ORDERS)] == [made.json()["id"]]


def test_the_last_piece_is_sold_once(new_member, new_client):
    """There is one calligraphy set."""
    buyers = [new_client().log_in(new_member()) for _ in range(BUYERS)]
    last = variant_of(buyers[0], "calligraphy-set")
    bodies = []
    for buyer in buyers:
        assert put_in(buyer, last).status_code == 200
        bodies.append(order_of(buyer, "never"))

    with ThreadPoolExecutor(BUYERS) as pool:
        responses = list(pool.map(lambda buyer, body: buyer.post(ORDERS, body, key=new_key()), buyers, bodies))

    made = [response for response in responses if response.status_code == 201]
    assert len(made) == 1
    assert {response.json()["code"] for response in responses if response is not made[0]} == {"out-of-stock"}
    winner = buyers[responses.index(made[0])]
    assert not variant_of(winner, "calligraphy-set")["in_stock"]

    cancelled = winner.post(f"{ORDERS}/{made[0].json()['id']}/cancel", key=new_key())

    assert cancelled.json()["state"] == "cancelled"
    assert variant_of(winner, "calligraphy-set")["in_stock"]


@pytest.fixture(scope="module")
def bought(new_member, lasting_client) -> tuple[Session, str]:
    """A member, and an order of its own that waits for its payment."""
    owner = lasting_client().log_in(new_member())
    return owner, buy(owner, token="never")["id"]


# Who asks, and what each is answered: the owner, another member, an administrator, no one.
ENDPOINTS = [
    ("GET", ORDERS, None, (200, 200, 200, 401)),
    ("GET", f"{ORDERS}?scope=all", None, (403, 403, 200, 401)),
    ("GET", ORDERS + "/{id}", None, (200, 404, 200, 401)),
    ("PATCH", ORDERS + "/{id}", {"state": "shipped"}, (403, 403, 409, 401)),
    ("POST", ORDERS + "/{id}/cancel", None, (None, 404, None, 401)),
]


@pytest.mark.parametrize(("method", "path", "body", "statuses"), ENDPOINTS)
def test_each_caller_reaches_its_own_orders_alone(
    bought, other: Session, admin: Session, client: Client, method, path, body, statuses
):
    owner, order_id = bought
    for sender, status in zip((owner, other, admin, client), statuses, strict=True):
        if status is not None:
            response = sender.request(method, path.format(id=order_id), json=body, key=new_key())
            assert response.status_code == status, (sender, response.text)


def test_another_members_list_does_not_hold_it(bought, other: Session, admin: Session):
    _, order_id = bought

    assert order_id not in [item["id"] for item in pages(other, ORDERS)]
    assert order_id in [item["id"] for item in pages(admin, ORDERS, scope="all", state="pending")]


def test_an_administrator_brings_it_on_its_way(member: Session, admin: Session):
    order = buy(member)
    await_state(member, order["id"], "paid")
    path = f"{ORDERS}/{order['id']}"

    for state in ("shipped", "delivered"):
        assert admin.patch(path, {"state": state}, key=new_key()).json()["state"] == state

    assert_problem(member.post(f"{path}/cancel", key=new_key()), 409, "order-state-conflict")
    timeline = [step["state"] for step in member.get(path).json()["timeline"]]
    assert timeline == ["pending", "paid", "shipped", "delivered"]


def test_two_members_never_share_a_key(member: Session, other: Session):
    key = new_key()
    for buyer in (member, other):
        put_in(buyer, variant_of(buyer, "celadon-mug"))

    responses = [buyer.post(ORDERS, order_of(buyer), key=key) for buyer in (member, other)]

    assert [response.status_code for response in responses] == [201, 201]
    assert "idempotent-replayed" not in responses[1].headers


@pytest.mark.parametrize("signature", ["", "t=1,v1=" + "0" * 64, "nonsense"])
def test_nobody_but_the_provider_says_what_was_paid(client: Client, member: Session, signature: str):
    order = buy(member, token="never")
    event = {"id": secrets.token_hex(8), "type": "payment.paid", "payment_id": order["id"], "amount": order["total"]}
    headers = {"X-Signature": signature} if signature else {}

    assert_problem(client.post("/api/shop/payments/test/events", event, headers=headers), 400, "signature-invalid")
    assert member.get(f"{ORDERS}/{order['id']}").json()["state"] == "pending"


def test_a_deleted_member_leaves_orders_without_a_name(member: Session, admin: Session):
    delivered = buy(member)["id"]
    await_state(member, delivered, "paid")
    admin.patch(f"{ORDERS}/{delivered}", {"state": "shipped"}, key=new_key())
    waiting = buy(member, token="never")["id"]
    put_in(member, variant_of(member, "celadon-mug"))

    assert member.delete(member.path).status_code == 204

    def forgotten() -> bool:
        return admin.get(f"{ORDERS}/{delivered}").json()["address"] is None

    eventually(forgotten, "the order has no address any more")
    assert admin.get(f"{ORDERS}/{delivered}").json()["state"] == "shipped"
    assert admin.get(f"{ORDERS}/{waiting}").json()["state"] == "cancelled"


@pytest.mark.chaos
def test_a_shop_that_was_unavailable_learns_who_is_gone(own_platform: OwnPlatform, member: Session, admin: Session):
    order_id = buy(member)["id"]
    await_state(member, order_id, "paid")

    with own_platform.paused("shop"):
        # No one waits for the shop to forget.
        assert member.delete(member.path).status_code == 204
    old_pid = own_platform.kill("shop")
    own_platform.wait_restarted("shop", old_pid)

    def forgotten() -> bool:
        response = admin.get(f"{ORDERS}/{order_id}")
        return response.status_code == 200 and response.json()["address"] is None

    eventually(forgotten, "the shop has learnt of it", within=90)


@pytest.mark.chaos
def test_an_order_outlives_the_shop_and_is_paid_by_and_by(own_platform: OwnPlatform, member: Session):
    order = buy(member, token="slow")
    old_pid = own_platform.kill("shop")
    own_platform.wait_restarted("shop", old_pid)

    assert await_state(member, order["id"], "paid")["total"] == order["total"]
    assert json.dumps(order["items"]) == json.dumps(member.get(f"{ORDERS}/{order['id']}").json()["items"])
