"""Payments: a provider's word moves the order, once, whenever it comes; and without a word the order ends."""

from __future__ import annotations

import asyncio
import time

import pytest
from pydantic import SecretStr

from platform_shop.payments.provider import OutcomeReport, PaymentOutcome, PaymentRequest, ProviderUnavailable
from platform_shop.payments.signatures import HEADER, sign

SECRET = SecretStr("w" * 32)
WEBHOOK = "/api/shop/payments/test/events"
STOCK = "SELECT stock FROM variants"


async def test_a_paid_order_is_paid(ordered, reading, deliver_events):
    order_id = await ordered("ok")
    await deliver_events()

    order = await reading(order_id)
    assert order["state"] == "paid"
    assert order["payment"] == {"method": "test", "state": "paid", "failure_reason": None}
    assert [step["state"] for step in order["timeline"]] == ["pending", "paid"]
    assert order["version"] == 2


async def test_a_provider_that_reports_twice_pays_once(ordered, reading, deliver_events, way_back, database):
    order_id = await ordered("twice")
    await deliver_events()

    assert (await reading(order_id))["version"] == 2
    assert way_back.statuses == [200, 200]
    assert database.one("SELECT count(*) FROM payment_events") == 1


async def test_a_slow_provider_is_waited_for(ordered, reading, services):
    order_id = await ordered("slow")
    await services.outbox.deliver_due()

    assert (await reading(order_id))["state"] == "pending"


async def test_a_word_that_was_lost_is_asked_for(
    ordered, reading, deliver_events, services, way_back, pass_time, monkeypatch
):
    """As when this process died between the provider's word and its being taken."""
    monkeypatch.setattr("platform_shop.payments.fake_provider.ATTEMPTS", 1)
    monkeypatch.setattr("platform_shop.payments.fake_provider.FIRST_PAUSE", 0)
    way_back.cut = True
    order_id = await ordered("ok")
    await deliver_events()
    assert (await reading(order_id))["state"] == "pending"

    pass_time()
    assert await services.reconciler.reconcile_due() == 1

    assert (await reading(order_id))["state"] == "paid"
    assert await services.reconciler.reconcile_due() == 0


async def test_a_provider_that_never_reports_ends_the_order(
    ordered, reading, deliver_events, services, pass_time, database
):
    order_id = await ordered("never")
    await deliver_events()
    pass_time()
    await services.reconciler.reconcile_due()
    assert (await reading(order_id))["state"] == "pending", "its time has not come"

    pass_time(deadline=True)
    await services.reconciler.reconcile_due()

    order = await reading(order_id)
    assert (order["state"], order["payment"]["state"]) == ("cancelled", "expired")
    assert database.one(STOCK) == 10


async def test_a_provider_that_is_unavailable_is_called_later(
    ordered, reading, deliver_events, services, provider, pass_time, monkeypatch
):
    async def away(_payment):
        raise ProviderUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(provider, "start", away)
        patch.setattr(provider, "get_outcome", away)
        order_id = await ordered("ok")
        await services.outbox.deliver_due()
        pass_time()
        await services.reconciler.reconcile_due()
        assert (await reading(order_id))["state"] == "pending"

    pass_time()
    await deliver_events()
    assert (await reading(order_id))["state"] == "paid"


async def test_sweeps_of_several_replicas_do_each_payment_once(ordered, services, pass_time, database):
    for _ in range(6):
        await ordered("never")
    pass_time(deadline=True)

    done = await asyncio.gather(*(services.reconciler.reconcile_due() for _ in range(4)))

    assert sum(done) == 6
    assert database.one(STOCK) == 10
    assert {row["state"] for row in database.run("SELECT state FROM orders")} == {"cancelled"}


async def test_an_event_is_handled_once_however_often_and_at_once_it_comes(ordered, send_event, reading, database):
    order_id = await ordered("never")

    responses = await asyncio.gather(*(send_event(event_id="evt-1") for _ in range(10)))

    assert {response.status_code for response in responses} == {200}
    assert sorted(response.json()["repeated"] for response in responses) == [False] + [True] * 9
    assert (await reading(order_id))["version"] == 2
    assert database.one("SELECT count(*) FROM order_steps") == 2


async def test_events_that_contradict_each_other_leave_one_outcome(ordered, send_event, reading, database):
    """Money that comes while the order waits for it pays the order."""
    order_id = await ordered("never")

    await asyncio.gather(send_event("payment.paid"), send_event("payment.failed"))

    order = await reading(order_id)
    assert (order["state"], order["payment"]["state"]) == ("paid", "paid")
    assert database.one(STOCK) == 9


async def test_money_that_comes_too_late_goes_back(
    ordered, send_event, reading, services, deliver_events, pass_time, database
):
    order_id = await ordered("never")
    pass_time(deadline=True)
    await services.reconciler.reconcile_due()

    await send_event("payment.paid")
    assert (await reading(order_id))["payment"]["state"] == "refunding"
    await deliver_events()

    order = await reading(order_id)
    assert (order["state"], order["payment"]["state"]) == ("cancelled", "refunded")
    assert database.one(STOCK) == 10


async def test_a_wrong_amount_pays_nothing(ordered, send_event, reading):
    order_id = await ordered("never")

    for amount in ({"amount": 1, "currency": "KRW"}, {"amount": 12900, "currency": "USD"}):
        assert (await send_event(amount=amount)).status_code == 200

    assert (await reading(order_id))["state"] == "pending"


@pytest.mark.parametrize(
    "header",
    [
        "", "t=1", "nonsense", "t=1,v1=" + "0" * 64,
        "t=NOW,v1=" + "0" * 64, "v1=" + "0" * 64, "t=x,v1=y", "t=1,t=2,v1=" + "0" * 64,
    ],
)  # fmt: skip
async def test_an_event_without_a_good_signature_is_not_read(ordered, send_event, reading, header):
    order_id = await ordered("never")

    response = await send_event(header=header.replace("NOW", str(int(time.time()))))

    assert (response.status_code, response.json()["code"]) == (400, "signature-invalid")
    assert (await reading(order_id))["state"] == "pending"


async def test_a_signature_is_for_one_body_and_for_five_minutes(client, ordered):
    await ordered("never")
    body = b'{"id": "x"}'
    now = int(time.time())

    for sent, at in ((body + b" ", now), (body, now - 400), (body, now + 400)):
        headers = {HEADER: sign(SECRET, body, at)}
        assert (await client.post(WEBHOOK, content=sent, headers=headers)).json()["code"] == "signature-invalid"
    # Signed well, it is read, and found wanting.
    assert (await client.post(WEBHOOK, content=body, headers={HEADER: sign(SECRET, body, now)})).status_code == 422


async def test_while_keys_change_one_of_two_signatures_is_enough(ordered, client):
    await ordered("never")
    body = b"{}"
    header = sign(SECRET, body, int(time.time())).replace("v1=", f"v1={'0' * 64},v1=")

    assert (await client.post(WEBHOOK, content=body, headers={HEADER: header})).status_code == 422


async def test_an_event_about_no_payment_of_ours_is_not_found(ordered, send_event):
    await ordered("never")

    response = await send_event(payment_id="0198c0de-0000-7000-8000-000000000001")

    assert (response.status_code, response.json()["code"]) == (404, "payment-not-found")


async def test_there_is_no_other_provider(client):
    assert (await client.post("/api/shop/payments/other/events", content=b"{}")).status_code == 404


async def test_what_becomes_of_a_slow_payment_is_known_when_its_time_has_come(ordered, provider, database):
    await ordered("slow")
    row = database.run("SELECT id, token, amount, currency, created_at FROM payments")[0]
    request = PaymentRequest(**row)

    assert await provider.get_outcome(request) is None
    provider._now = lambda: row["created_at"].timestamp() + 11
    assert await provider.get_outcome(request) == OutcomeReport(PaymentOutcome.PAID)
