"""No one knows whether the service acted (contract: 'Unknown outcome')."""

from __future__ import annotations

import os
import signal
import threading

import psutil
import pytest
from plugintests.service import Plan
from plugintests.wire import ConnectionEnded, request_bytes

FAULTS = {
    "closed-before-the-answer": Plan(raw=b""),
    "closed-within-the-head": Plan(raw=b"HTTP/1.1 201 Created\r\nContent-Le"),
    "truncated": Plan(body=b"x" * 100, truncate=10),
    "truncated-chunks": Plan(raw=b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"),
}


def fault(name):
    made = FAULTS[name]
    return Plan(raw=made.raw, body=made.body, truncate=made.truncate)


def declared_unknown(gateway, path, key):
    """Return the refusal of a repeat once the gateway has put down that the outcome is unknown."""
    answer = gateway.post(path, key)
    assert answer.status == 409
    return answer if answer.json["code"] == "idempotency-outcome-unknown" else None


@pytest.mark.parametrize("name", FAULTS)
def test_keep_holds_the_lock(gateway, service, fresh, name, eventually):
    service.plan(f"/keep/{fresh}", fault(name), Plan())

    first = gateway.post(f"/keep/{fresh}", fresh)
    assert gateway.post(f"/keep/{fresh}", fresh).status == 409
    second = eventually(lambda: declared_unknown(gateway, f"/keep/{fresh}", fresh))

    assert first.mark == "unknown"
    assert (second.status, second.mark) == (409, "unknown")
    assert len(service.seen(f"/keep/{fresh}")) == 1


def test_retry_after_is_the_rest_of_the_lock(gateway, service, store, fresh, eventually):
    service.plan(f"/keep/{fresh}", Plan(raw=b""))
    known = set(store.scan_iter("idem:*"))
    gateway.post(f"/keep/{fresh}", fresh)
    answer = eventually(lambda: declared_unknown(gateway, f"/keep/{fresh}", fresh))

    (lock,) = set(store.scan_iter("idem:*")) - known
    assert 0 <= int(answer.header("Retry-After")) - store.pttl(lock) / 1000 <= 2
    assert int(answer.header("Retry-After")) <= 31


def test_another_request_under_the_key_is_still_a_mismatch(gateway, service, fresh, eventually):
    service.plan(f"/keep/{fresh}", Plan(raw=b""))
    gateway.post(f"/keep/{fresh}", fresh)
    eventually(lambda: declared_unknown(gateway, f"/keep/{fresh}", fresh))

    assert gateway.post(f"/keep/{fresh}", fresh, b"other").json["code"] == "idempotency-key-reused"


def test_who_waits_for_a_response_does_not_wait_for_an_unknown_outcome(gateway, service, fresh):
    service.plan(f"/waiting/{fresh}", Plan(raw=b""))
    gateway.post(f"/waiting/{fresh}", fresh)

    assert gateway.post(f"/waiting/{fresh}", fresh).json["code"] == "idempotency-outcome-unknown"


def test_an_unknown_outcome_in_a_store_without_plain_claims(gateway, service, fresh, eventually):
    service.plan(f"/old/{fresh}", Plan(raw=b""))
    gateway.post(f"/old/{fresh}", fresh)

    eventually(lambda: declared_unknown(gateway, f"/old/{fresh}", fresh))


@pytest.mark.parametrize("name", FAULTS)
def test_release_frees_it(gateway, service, fresh, name, eventually):
    service.plan(f"/release/{fresh}", fault(name), Plan())
    gateway.post(f"/release/{fresh}", fresh)

    answer = eventually(lambda: (a := gateway.post(f"/release/{fresh}", fresh)).status == 201 and a)
    assert answer.mark == "stored"
    assert gateway.post(f"/release/{fresh}", fresh).mark == "replayed"
    assert len(service.seen(f"/release/{fresh}")) == 2


def test_keep_holds_the_lock_of_a_refused_connection(gateway, fresh, eventually):
    assert gateway.post(f"/keep-refused/{fresh}", fresh).status == 502
    eventually(lambda: declared_unknown(gateway, f"/keep-refused/{fresh}", fresh))


def test_release_frees_the_lock_of_a_refused_connection(gateway, fresh, eventually):
    assert gateway.post(f"/release-refused/{fresh}", fresh).status == 502
    eventually(lambda: gateway.post(f"/release-refused/{fresh}", fresh).status == 502)


@pytest.mark.parametrize(("setup", "status"), [("keep", 409), ("release", 201)])
def test_a_time_out_of_the_service(gateway, service, fresh, eventually, setup, status):
    late = Plan(gate=threading.Event())
    service.plan(f"/{setup}/{fresh}", late, Plan())

    first = gateway.post(f"/{setup}/{fresh}", fresh)
    assert (first.status, first.mark) == (504, "unknown")
    eventually(lambda: gateway.post(f"/{setup}/{fresh}", fresh).status == status)
    late.gate.set()


def test_a_client_that_left_finds_its_answer_when_it_comes_back(gateway, service, fresh, eventually):
    plan = service.plan(f"/keep/{fresh}", Plan(gate=threading.Event()))
    with gateway.connect() as wire:
        headers = [("Content-Type", "application/json"), ("X-Idempotency-Key", fresh)]
        wire.send(request_bytes("POST", f"/keep/{fresh}", headers, b"{}"))
        assert plan.arrived.wait(10)
    plan.gate.set()

    eventually(lambda: gateway.post(f"/keep/{fresh}", fresh).mark == "replayed")
    assert len(service.seen(f"/keep/{fresh}")) == 1


@pytest.mark.parametrize("status", [408, 444, 499])
def test_statuses_that_nginx_turns_into_a_closed_connection_are_not_saved(gateway, service, fresh, status, eventually):
    service.plan(f"/keep/{fresh}", Plan(status=status), Plan())

    with pytest.raises(ConnectionEnded):
        gateway.post(f"/keep/{fresh}", fresh)
    eventually(lambda: gateway.post(f"/keep/{fresh}", fresh).status == 201)


@pytest.mark.parametrize(("setup", "status"), [("keep", 409), ("release", 201)])
def test_an_early_hint_that_nginx_takes_for_the_answer(gateway, service, fresh, eventually, setup, status):
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    hinting = Plan(raw=hint + b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    service.plan(f"/{setup}/{fresh}", hinting, Plan())

    with gateway.connect() as wire:
        headers = [("Content-Type", "application/json"), ("X-Idempotency-Key", fresh)]
        wire.send(request_bytes("POST", f"/{setup}/{fresh}", headers, b"{}"))
        assert hinting.arrived.wait(10)
    eventually(lambda: gateway.post(f"/{setup}/{fresh}", fresh).status == status)


def test_a_kept_lock_ends_with_lock_ttl(gateway, service, fresh, eventually):
    service.plan(f"/short/{fresh}", Plan(raw=b""), Plan())
    gateway.post(f"/short/{fresh}", fresh)

    assert gateway.post(f"/short/{fresh}", fresh).status == 409
    eventually(lambda: gateway.post(f"/short/{fresh}", fresh).status == 201)


@pytest.mark.parametrize("setup", ["brief-keep", "brief-release"])
def test_the_lock_of_a_worker_that_died_ends_with_lock_ttl(gateway, service, fresh, eventually, setup):
    late = service.plan(f"/{setup}/{fresh}", Plan(gate=threading.Event()))
    with gateway.connect() as wire:
        headers = [("Content-Type", "application/json"), ("X-Idempotency-Key", fresh)]
        wire.send(request_bytes("POST", f"/{setup}/{fresh}", headers, b"{}"))
        assert late.arrived.wait(10)
        for worker in psutil.Process(gateway.master()).children():
            os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises((ConnectionEnded, OSError)):
            wire.read()
    late.gate.set()

    def answered():
        try:
            return gateway.post(f"/{setup}/{fresh}", fresh)
        except (ConnectionEnded, OSError):
            return None  # there is no worker yet

    assert eventually(answered).json["code"] == "idempotency-in-flight"
    eventually(lambda: (answer := answered()) and answer.status == 201)
