"""Two requests with one key at the same time (contract: 'Acquire', 'In flight')."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from plugintests.service import Plan
from plugintests.wire import request_bytes


def begin(gateway, target, key):
    wire = gateway.connect()
    wire.send(request_bytes("POST", target, [("Content-Type", "application/json"), ("X-Idempotency-Key", key)], b"{}"))
    return wire


def test_a_repeat_while_the_first_is_in_flight_gets_409_and_retry_after(gateway, service, fresh):
    plan = service.plan(f"/plain/{fresh}", Plan(gate=threading.Event()))
    with begin(gateway, f"/plain/{fresh}", fresh) as first:
        assert plan.arrived.wait(10)
        refused = gateway.post(f"/plain/{fresh}", fresh)
        plan.gate.set()
        answer = first.read()

    assert refused.status == 409
    assert refused.json["code"] == "idempotency-in-flight"
    assert int(refused.header("Retry-After")) >= 1
    assert refused.mark == "in-flight"
    assert answer.status == 201
    assert gateway.post(f"/plain/{fresh}", fresh).body == answer.body
    assert len(service.seen(f"/plain/{fresh}")) == 1


def test_a_repeat_may_wait_for_the_first_answer(gateway, service, fresh):
    plan = service.plan(f"/waiting/{fresh}", Plan(gate=threading.Event()))
    with begin(gateway, f"/waiting/{fresh}", fresh) as first:
        assert plan.arrived.wait(10)
        with begin(gateway, f"/waiting/{fresh}", fresh) as second:
            assert second.nothing_more()
            plan.gate.set()
            answer, repeat = first.read(), second.read()

    assert repeat.mark == "replayed"
    assert repeat.body == answer.body
    assert len(service.seen(f"/waiting/{fresh}")) == 1


def test_who_waits_too_long_gets_409(gateway, service, fresh):
    plan = service.plan(f"/impatient/{fresh}", Plan(gate=threading.Event()))
    with begin(gateway, f"/impatient/{fresh}", fresh) as first:
        assert plan.arrived.wait(10)
        assert gateway.post(f"/impatient/{fresh}", fresh).json["code"] == "idempotency-in-flight"
        plan.gate.set()
        assert first.read().status == 201


def test_who_waits_takes_over_when_the_first_fails(gateway, service, fresh):
    gate = threading.Event()
    failing = Plan(status=500, gate=gate)
    service.plan(f"/waiting/{fresh}", failing, Plan())
    with begin(gateway, f"/waiting/{fresh}", fresh) as first:
        assert failing.arrived.wait(10)
        with begin(gateway, f"/waiting/{fresh}", fresh) as second:
            assert second.nothing_more()
            gate.set()
            assert first.read().status == 500
            assert second.read().mark == "stored"

    assert len(service.seen(f"/waiting/{fresh}")) == 2


def test_a_hundred_at_once_have_one_effect(gateway, service, fresh):
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: gateway.post(f"/plain/{fresh}", fresh), range(100)))

    assert len(service.seen(f"/plain/{fresh}")) == 1
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.body for answer in answers if answer.status == 201}) == 1


def test_a_hundred_at_once_that_wait_all_get_the_one_answer(gateway, service, fresh):
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: gateway.post(f"/waiting/{fresh}", fresh), range(100)))

    assert len(service.seen(f"/waiting/{fresh}")) == 1
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1


def test_a_lock_that_ended_belongs_to_who_claims_it_next(gateway, service, fresh, eventually):
    """The first comes back after its lock_ttl: its answer is delivered, and leaves the second's alone."""
    slow, quick = Plan(gate=threading.Event(), body=b"slow"), Plan(gate=threading.Event(), body=b"quick")
    service.plan(f"/short/{fresh}", slow, quick)
    with begin(gateway, f"/short/{fresh}", fresh) as first:
        assert slow.arrived.wait(10)
        second = None

        def claimed_again():
            nonlocal second
            wire = begin(gateway, f"/short/{fresh}", fresh)
            if quick.arrived.wait(0.3):
                second = wire
            else:
                assert wire.read().status == 409
                wire.close()
            return second

        eventually(claimed_again)
        slow.gate.set()
        late = first.read()
        assert (late.status, late.body) == (201, b"slow")
        assert late.mark == "lost"
        assert late.header("Idempotency-Stored") == "false"

        quick.gate.set()
        assert second.read().mark == "stored"
        second.close()

    assert gateway.post(f"/short/{fresh}", fresh).body == b"quick"


@pytest.mark.parametrize("status", [201, 500])
def test_what_somebody_else_wrote_over_the_lock_is_left_alone(gateway, service, fresh, store, status):
    plan = service.plan(f"/plain/{fresh}", Plan(status=status, gate=threading.Event()))
    known = set(store.scan_iter("idem:*"))
    with begin(gateway, f"/plain/{fresh}", fresh) as first:
        assert plan.arrived.wait(10)
        (name,) = set(store.scan_iter("idem:*")) - known
        store.set(name, "of somebody else")
        plan.gate.set()
        answer = first.read()

    assert answer.status == status
    assert answer.header("Idempotency-Stored") == "false"
    assert store.get(name) == b"of somebody else"


def test_a_lock_that_ended_unclaimed_still_takes_the_answer(gateway, service, fresh, store):
    plan = service.plan(f"/plain/{fresh}", Plan(gate=threading.Event()))
    with begin(gateway, f"/plain/{fresh}", fresh) as first:
        assert plan.arrived.wait(10)
        before = {name for name in store.scan_iter("idem:*") if store.get(name)[:1] == b"L"}
        assert before
        store.delete(*before)
        plan.gate.set()
        answer = first.read()

    assert answer.status == 201
    assert gateway.post(f"/plain/{fresh}", fresh).body == answer.body
    assert len(service.seen(f"/plain/{fresh}")) == 1


def test_an_answer_is_forgotten_after_its_ttl(gateway, service, fresh, eventually):
    assert gateway.post(f"/short/{fresh}", fresh).mark == "stored"
    eventually(lambda: gateway.post(f"/short/{fresh}", fresh).mark == "stored")
    assert len(service.seen(f"/short/{fresh}")) == 2


def test_ttl_is_60_seconds_by_default_and_the_lock_has_one_of_its_own(gateway, service, fresh, store):
    plan = service.plan(f"/plain/{fresh}", Plan(gate=threading.Event()))
    known = set(store.scan_iter("idem:*"))
    with begin(gateway, f"/plain/{fresh}", fresh) as first:
        assert plan.arrived.wait(10)
        (name,) = set(store.scan_iter("idem:*")) - known
        lock_ttl = store.pttl(name)
        plan.gate.set()
        first.read()

    assert 190_000 < lock_ttl <= 200_000
    assert 55_000 < store.pttl(name) <= 60_000


def test_a_lock_that_ends_before_the_services_time_outs_is_warned_of(gateway, fresh):
    gateway.post(f"/short/{fresh}", fresh)
    assert "lock_ttl is not above the time-outs of the service" in gateway.error_log()
