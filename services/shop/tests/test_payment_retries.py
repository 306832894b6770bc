"""A failed payment: the order keeps its items until the deadline, can be paid again, and the cart can be restored."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from platform_shop.orders.models import MAX_PAYMENT_ATTEMPTS
from platform_shop.payments.models import Payment
from platform_shop.payments.provider import OutcomeReport, PaymentOutcome

STOCK = "SELECT stock FROM variants"
ATTEMPTS = "SELECT count(*) FROM payments"


@pytest.fixture
def pay(ann):
    """Pay an order again."""

    async def pay(order_id: str, token: str = "ok", key: str | None = None, **headers: str):
        path, body = f"/api/shop/orders/{order_id}/payment", {"method": "test", "token": token}
        return await ann.send("POST", path, body, key=key or secrets.token_hex(8), **headers)

    return pay


@pytest.fixture
async def declined(ordered, deliver_events):
    """An order whose payment was declined."""
    order_id = await ordered("fail")
    await deliver_events()
    return order_id


async def test_a_declined_payment_says_why_and_keeps_the_order(declined, reading, database):
    order = await reading(declined)

    assert order["payment"] == {"method": "test", "state": "failed", "failure_reason": "card-declined"}
    assert (order["state"], order["payable"], database.one(STOCK)) == ("pending", True, 9)
    assert order["pay_by"] > order["updated_at"]


async def test_paid_again_the_order_is_paid(declined, pay, reading, deliver_events, database):
    response = await pay(declined)
    assert (response.status_code, response.json()["payment"]["state"]) == (200, "pending")
    await deliver_events()

    order = await reading(declined)
    assert (order["state"], order["payment"]["state"], order["payable"]) == ("paid", "paid", False)
    assert (order["pay_by"], database.one(STOCK)) == (None, 9)
    assert [step["state"] for step in order["timeline"]] == ["pending", "paid"]


async def test_repeats_of_paying_again_make_one_attempt(declined, pay, database):
    responses = await asyncio.gather(*(pay(declined, "never", key="once") for _ in range(8)))

    assert {response.status_code for response in responses} == {200}
    assert database.one(ATTEMPTS) == 2


async def test_of_many_who_pay_again_at_once_one_attempt_is_made(declined, pay, database):
    responses = await asyncio.gather(*(pay(declined, "never") for _ in range(8)))

    codes = sorted(response.json().get("code", "made") for response in responses)
    assert codes == ["made"] + ["order-not-payable"] * 7
    assert database.one(ATTEMPTS) == 2


async def test_attempts_are_bounded(declined, pay, deliver_events, reading):
    for _ in range(MAX_PAYMENT_ATTEMPTS - 1):
        assert (await pay(declined, "fail")).status_code == 200
        await deliver_events()

    assert (await pay(declined)).json()["code"] == "order-not-payable"
    assert (await reading(declined))["payable"] is False


async def test_another_attempt_does_not_extend_the_deadline(declined, pay, deliver_events, reading):
    before = (await reading(declined))["pay_by"]

    await pay(declined, "fail")
    await deliver_events()

    assert (await reading(declined))["pay_by"] == before


async def test_an_order_that_stays_unpaid_ends_at_its_deadline(declined, services, pass_time, reading, pay, database):
    pass_time()
    await services.reconciler.reconcile_due()
    assert (await reading(declined))["state"] == "pending", "the deadline has not passed"

    pass_time(deadline=True)
    assert (await pay(declined)).json()["code"] == "order-not-payable"
    await services.reconciler.reconcile_due()

    order = await reading(declined)
    assert (order["state"], order["payment"]["state"], order["payable"]) == ("cancelled", "failed", False)
    assert database.one(STOCK) == 10
    assert database.one("SELECT count(*) FROM payments WHERE next_check_at IS NOT NULL") == 0


async def test_of_deadline_cancellation_and_payment_the_stock_is_given_back_once(
    declined, services, pass_time, pay, ann, deliver_events, reading, database
):
    pass_time(deadline=True)
    database.run("UPDATE payments SET deadline_at = now() + interval '50 ms'")
    path = f"/api/shop/orders/{declined}/cancel"

    await asyncio.gather(
        services.reconciler.reconcile_due(),
        pay(declined),
        ann.send("POST", path, key="cancel"),
        services.reconciler.reconcile_due(),
        pay(declined),
    )
    await deliver_events()
    pass_time(deadline=True)
    await services.reconciler.reconcile_due()

    order = await reading(declined)
    assert order["state"] in {"paid", "cancelled"}
    assert database.one(STOCK) == (9 if order["state"] == "paid" else 10)


async def test_a_failed_order_can_be_cancelled(declined, ann, database):
    response = await ann.send("POST", f"/api/shop/orders/{declined}/cancel", key="cancel")

    assert (response.json()["state"], response.json()["payment"]["state"]) == ("cancelled", "failed")
    assert database.one(STOCK) == 10


async def test_money_of_an_earlier_attempt_goes_back(declined, pay, services, deliver_events, reading, database):
    first = database.run("SELECT id, amount FROM payments")[0]
    await pay(declined, "ok")
    await deliver_events()

    async with services.sessions() as session:
        await services.payments.apply_outcome(
            session, await session.get(Payment, first["id"]), OutcomeReport(PaymentOutcome.PAID)
        )
        await session.commit()
    await deliver_events()

    assert (await reading(declined))["payment"]["state"] == "paid"
    states = [row["state"] for row in database.run("SELECT state FROM payments ORDER BY attempt")]
    assert states == ["refunded", "paid"]


async def test_an_order_that_is_not_failed_takes_no_second_payment(ordered, pay, deliver_events):
    waiting = await ordered("never")
    assert (await pay(waiting)).json()["code"] == "order-not-payable"

    paid = await ordered("ok")
    await deliver_events()
    assert (await pay(paid)).json()["code"] == "order-not-payable"


async def test_the_version_that_was_read_is_the_one_that_is_paid(declined, pay):
    assert (await pay(declined, If_Match='"1-en"')).json()["code"] == "precondition-failed"


async def test_the_cart_is_restored_from_an_order_as_often_as_wanted(declined, ann, make_product, database):
    other = make_product("other", stock=5)
    await ann.add(other, 2)
    path = f"/api/shop/orders/{declined}/cart"

    for _ in range(2):
        response = await ann.send("POST", path, key=secrets.token_hex(8))
        assert response.status_code == 200, response.text

    assert {item["product"]["slug"]: item["quantity"] for item in (await ann.cart())["items"]} == {"other": 2, "mug": 1}
    assert database.one("SELECT stock FROM variants WHERE sku = 'MUG'") == 9


async def test_what_is_not_sold_any_more_is_left_out_of_a_restored_cart(declined, ann, database):
    database.run("DELETE FROM products")

    response = await ann.send("POST", f"/api/shop/orders/{declined}/cart", key="restore")

    assert (response.status_code, response.json()["items"]) == (200, [])


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("insufficient-funds", "insufficient-funds"), ("do-not-honor", "other"), (None, "other"), ("", "other")],
)
async def test_a_reason_that_is_not_known_is_other(ordered, send_event, reading, reason, shown):
    order_id = await ordered("never")

    await send_event("payment.failed", reason=reason)

    assert (await reading(order_id))["payment"]["failure_reason"] == shown
