"""What is counted (contract: 'Metrics')."""

from __future__ import annotations

import re
import threading

import pytest
from plugintests.service import Plan
from plugintests.wire import request_bytes

EVENTS = (
    "hits", "misses", "conflicts", "mismatches", "invalid", "store_errors", "oversize", "lost_locks", "unknown",
    "bypassed", "poisoned",
)  # fmt: skip


@pytest.fixture
def assert_counted(gateway, eventually):
    """Return a function that waits for exactly these events of a label; workers publish theirs once a second."""

    def check(label, **expected):
        pattern = re.compile(
            rf'^kong_idempotency_events_total\{{event="(\w+)",service="{label}"\}} (\d+)', re.MULTILINE
        )
        all_events = dict.fromkeys(EVENTS, 0) | expected
        eventually(lambda: {e: int(n) for e, n in pattern.findall(gateway.metrics())} == all_events)

    return check


def test_every_event_is_there_before_the_first(assert_counted):
    assert_counted("counted-never")


def test_hits_and_misses(gateway, fresh, assert_counted):
    for _ in range(3):
        gateway.post(f"/counted-hits/{fresh}", fresh)
    assert_counted("counted-hits", hits=2, misses=1)


def test_mismatches_and_invalid_keys(gateway, fresh, assert_counted):
    gateway.post(f"/counted-mismatches/{fresh}", fresh)
    gateway.post(f"/counted-mismatches/{fresh}", fresh, b"other")
    gateway.post(f"/counted-mismatches/{fresh}", "")
    assert_counted("counted-mismatches", mismatches=1, invalid=1, misses=1)


def test_conflicts(gateway, service, fresh, assert_counted):
    plan = service.plan(f"/counted-conflicts/{fresh}", Plan(gate=threading.Event()))
    with gateway.connect() as wire:
        headers = [("Content-Type", "application/json"), ("X-Idempotency-Key", fresh)]
        wire.send(request_bytes("POST", f"/counted-conflicts/{fresh}", headers, b"{}"))
        assert plan.arrived.wait(10)
        gateway.post(f"/counted-conflicts/{fresh}", fresh)
        plan.gate.set()
        wire.read()
    assert_counted("counted-conflicts", conflicts=1, misses=1)


def test_oversize(gateway, service, fresh, assert_counted):
    service.plan(f"/counted-oversize/{fresh}", Plan(body=b"x" * 101))
    gateway.post(f"/counted-oversize/{fresh}", fresh)
    assert_counted("counted-oversize", oversize=1, misses=1)


def test_lost_locks(gateway, service, store, fresh, assert_counted):
    plan = service.plan(f"/counted-lost/{fresh}", Plan(gate=threading.Event()))
    with gateway.connect() as wire:
        wire.send(request_bytes("POST", f"/counted-lost/{fresh}", [("X-Idempotency-Key", fresh)], b"{}"))
        assert plan.arrived.wait(10)
        store.delete(*store.keys("idem:counted-lost:*"))
        plan.gate.set()
        wire.read()
    assert_counted("counted-lost", lost_locks=1, misses=1)


def test_store_errors(gateway, fresh, assert_counted):
    gateway.post(f"/counted-closed/{fresh}", fresh)
    gateway.post(f"/counted-open/{fresh}", fresh)
    assert_counted("counted-store", store_errors=2, bypassed=1)


def test_unknown_outcomes(gateway, service, fresh, assert_counted):
    service.plan(f"/counted-unknown/{fresh}", Plan(raw=b""))
    gateway.post(f"/counted-unknown/{fresh}", fresh)
    assert_counted("counted-unknown", unknown=1, misses=1)


def test_requests_without_a_key_are_not_counted(gateway, fresh, assert_counted):
    gateway.post(f"/counted-unkeyed/{fresh}")
    gateway.post(f"/counted-unkeyed/{fresh}", fresh)
    assert_counted("counted-unkeyed", misses=1)


def test_redis_latency(gateway, fresh, eventually):
    def calls():
        found = re.search(r"^kong_idempotency_redis_seconds_count (\d+)", gateway.metrics(), re.MULTILINE)
        return int(found.group(1)) if found else 0

    before = calls()
    gateway.post(f"/plain/{fresh}", fresh)
    gateway.post(f"/plain/{fresh}", fresh)
    eventually(lambda: calls() >= before + 3)
    text = gateway.metrics()
    assert "# TYPE kong_idempotency_redis_seconds histogram" in text
    assert re.search(r'^kong_idempotency_redis_seconds_bucket\{le="\+Inf"\} \d+', text, re.MULTILINE)
