"""Redis away, slow, restarted or holding nonsense (contract: 'fail_mode', poisoned values)."""

from __future__ import annotations

import hashlib
import os
import signal
import threading

import pytest
import redis
from plugintests.service import Plan
from plugintests.wire import request_bytes


@pytest.fixture
def paused(fragile):
    """Return a function that freezes the fragile Redis; it goes on at the end."""
    frozen = []

    def pause():
        os.kill(fragile.process.pid, signal.SIGSTOP)
        frozen.append(fragile.process.pid)

    yield pause
    for pid in frozen:
        os.kill(pid, signal.SIGCONT)


def warm(gateway, setup, fresh, count=20):
    """Fill the workers' pools of connections."""
    for i in range(count):
        assert gateway.post(f"/{setup}/{fresh}-warm", f"{fresh}-{i}").status == 201


@pytest.mark.parametrize("setup", ["closed", "wrong-password"])
def test_closed_refuses_without_a_store(gateway, service, fresh, setup):
    refused = gateway.post(f"/{setup}/{fresh}", fresh)

    assert refused.status == 503
    assert refused.json["code"] == "idempotency-unavailable"
    assert int(refused.header("Retry-After")) >= 1
    assert not service.seen(f"/{setup}/{fresh}")


def test_without_a_key_the_store_does_not_matter(gateway, fresh):
    assert gateway.post(f"/closed/{fresh}").status == 201


def test_open_lets_through_and_says_so(gateway, service, fresh):
    for _ in range(2):
        answer = gateway.post(f"/open/{fresh}", fresh)
        assert answer.status == 201
        assert answer.mark == "bypassed"
        assert answer.header("Idempotency-Stored") == "false"
    assert len(service.seen(f"/open/{fresh}")) == 2


def test_open_still_refuses_invalid_keys(gateway, fresh):
    assert gateway.post(f"/open/{fresh}", "").status == 400


@pytest.mark.parametrize(("setup", "status"), [("fragile", 503), ("fragile-open", 201)])
def test_a_store_that_does_not_answer_in_time(gateway, fresh, paused, setup, status):
    warm(gateway, setup, fresh, 2)
    paused()
    assert gateway.post(f"/{setup}/{fresh}", fresh).status == status


def test_open_lets_nobody_past_a_request_that_was_seen_at_work(gateway, service, fresh, paused):
    target = f"/fragile-waiting-open/{fresh}"
    plan = service.plan(target, Plan(gate=threading.Event()))
    request = request_bytes("POST", target, [("X-Idempotency-Key", fresh)], b"{}")
    with gateway.connect() as first, gateway.connect() as second:
        first.send(request)
        assert plan.arrived.wait(10)
        second.send(request)
        assert second.nothing_more()
        paused()
        refused = second.read()
        plan.gate.set()
        assert first.read().status == 201

    assert (refused.status, refused.mark) == (409, "in-flight")
    assert len(service.seen(target)) == 1


def test_a_store_that_does_not_answer_holds_up_no_other_route(gateway, fresh, paused):
    warm(gateway, "fragile", fresh, 4)
    paused()
    stuck = []
    for i in range(8):
        wire = gateway.connect()
        wire.send(request_bytes("POST", f"/fragile/{fresh}", [("X-Idempotency-Key", f"{fresh}{i}")], b"{}"))
        stuck.append(wire)
    for i in range(20):
        assert gateway.post(f"/plain/{fresh}", f"{fresh}-{i}").mark == "stored"
    for wire in stuck:
        assert wire.read().status == 503
        wire.close()


def test_a_connection_is_introduced_once(gateway, fresh, fragile):
    def introductions():
        with redis.Redis.from_url(fragile.url("fragile", 1)) as client:
            stats = client.info("commandstats")
        return [stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("auth", "select")]

    warm(gateway, "fragile", fresh)
    before = introductions()
    warm(gateway, "fragile", fresh + "b", 40)
    # one of ours to look, and at most one of each worker that had none in its pool
    assert all(after - count <= 3 for after, count in zip(introductions(), before, strict=True))


def test_a_restarted_store_costs_no_request(gateway, fresh, fragile):
    warm(gateway, "fragile", fresh)
    for how in (fragile.process.kill, fragile.stop):
        how()
        fragile.start()
        warm(gateway, "fragile", f"{fresh}{how.__name__}")


def test_an_answer_outlives_a_restart_of_the_store(gateway, fresh, fragile):
    first = gateway.post(f"/fragile/{fresh}", fresh)
    fragile.stop()
    fragile.start()
    assert gateway.post(f"/fragile/{fresh}", fresh).body == first.body


def test_a_script_that_the_store_forgot_is_sent_again(gateway, store, fresh):
    store.script_flush()
    assert gateway.post(f"/plain/{fresh}", fresh).mark == "stored"
    store.script_flush()
    assert gateway.post(f"/plain/{fresh}", fresh).mark == "replayed"


def fail_while_in_flight(gateway, service, fresh, setup, status, break_it):
    plan = service.plan(f"/{setup}/{fresh}", Plan(gate=threading.Event(), status=status, body=b"done"))
    with gateway.connect() as wire:
        headers = [("Content-Type", "application/json"), ("X-Idempotency-Key", fresh)]
        wire.send(request_bytes("POST", f"/{setup}/{fresh}", headers, b"{}"))
        assert plan.arrived.wait(10)
        break_it()
        plan.gate.set()
        return wire.read()


@pytest.mark.parametrize("status", [201, 404, 500])
def test_a_store_failure_after_the_service_answered_is_no_error(gateway, service, fresh, fragile, status):
    answer = fail_while_in_flight(gateway, service, fresh, "fragile", status, fragile.stop)
    fragile.start()

    assert (answer.status, answer.body) == (status, b"done")
    assert answer.mark == ("released" if status == 500 else "unstored")
    assert answer.header("Idempotency-Stored") == "false"


def test_an_answer_that_could_not_be_stored_is_stored_as_soon_as_the_store_is_back(
    gateway, service, fresh, paused, fragile, eventually
):
    answer = fail_while_in_flight(gateway, service, fresh, "fragile", 201, paused)
    assert (answer.status, answer.mark) == (201, "unstored")
    os.kill(fragile.process.pid, signal.SIGCONT)

    repeat = eventually(lambda: (a := gateway.post(f"/fragile/{fresh}", fresh)).status == 201 and a)
    assert (repeat.body, repeat.mark) == (b"done", "replayed")
    assert len(service.seen(f"/fragile/{fresh}")) == 1


def test_a_lock_that_could_not_be_released_is_released_as_soon_as_the_store_is_back(
    gateway, service, fresh, paused, fragile, eventually
):
    assert fail_while_in_flight(gateway, service, fresh, "fragile", 500, paused).status == 500
    os.kill(fragile.process.pid, signal.SIGCONT)

    eventually(lambda: gateway.post(f"/fragile/{fresh}", fresh).status == 500)


def test_a_claim_whose_reply_was_lost_locks_nobody_out(gateway, fresh, paused, fragile, eventually):
    warm(gateway, "fragile", fresh, 2)
    paused()
    assert gateway.post(f"/fragile/{fresh}", fresh).status == 503
    os.kill(fragile.process.pid, signal.SIGCONT)

    assert eventually(lambda: gateway.post(f"/fragile/{fresh}", fresh).status == 201)


def redis_key(key):
    digest = hashlib.sha256(f"12:ip:127.0.0.1{len(key)}:{key}".encode()).hexdigest()
    return f"idem:echo:{digest}"


F = b"f" * 32
POISON = {
    "empty": b"",
    "letter": b"A",
    "words": b"not a record of ours",
    "lock-short": b"L" + F,
    "lock-long": b"L" + F + b"o" * 17,
    "tombstone-long": b"T" + F + b"x",
    "answer-empty": b"A" + F,
    "answer-no-lengths": b"A" + F + b"201\nbody",
    "answer-bad-status": b"A" + F + b"999 0 0\n",
    "answer-1xx": b"A" + F + b"100 0 0\n",
    "answer-5xx": b"A" + F + b"500 0 0\n",
    "answer-truncated": b"A" + F + b"201 0 100\nhalf",
    "answer-too-long": b"A" + F + b"201 0 1\nbody",
    "answer-huge-lengths": b"A" + F + b"201 99999999999999999999 99999999999999999999\nx",
    "answer-negative": b"A" + F + b"201 -1 5\nbody",
    "unknown-state": b"Z" + F,
    "json": b'{"status":200,"body":"x"}',
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("name", POISON)
def test_a_poisoned_value_is_a_miss_with_a_log_line(gateway, store, fresh, name):
    store.set(redis_key(fresh), POISON[name])

    assert gateway.post(f"/plain/{fresh}", fresh).mark == "stored"
    assert gateway.post(f"/plain/{fresh}", fresh).mark == "replayed"
    assert redis_key(fresh) in gateway.error_log()


@pytest.mark.parametrize("kind", ["list", "hash", "set", "zset", "stream"])
def test_a_value_of_the_wrong_type_is_a_miss_with_a_log_line(gateway, store, fresh, kind):
    key = redis_key(fresh)
    {
        "list": lambda: store.rpush(key, "a"),
        "hash": lambda: store.hset(key, "a", "b"),
        "set": lambda: store.sadd(key, "a"),
        "zset": lambda: store.zadd(key, {"a": 1}),
        "stream": lambda: store.xadd(key, {"a": "b"}),
    }[kind]()

    assert gateway.post(f"/plain/{fresh}", fresh).mark == "stored"
    assert gateway.post(f"/plain/{fresh}", fresh).mark == "replayed"
    assert key in gateway.error_log()


@pytest.mark.parametrize(
    "block",
    [
        b"Set-Cookie:stolen=1\n",
        b"Transfer-Encoding:chunked\n",
        b"Content-Length:5\n",
        b"no colon\n",
        b"Location:a\rX-Injected: 1\n",
        b"Location:a\x00b\n",
        b"\n\n\n:::\n",
        b"Content-\xff:x\n",
        b"Content-X y:1\n",
        b"Content-Type:text/plain",
    ],
    ids=range(10),
)
def test_headers_that_somebody_else_wrote_do_no_harm(gateway, store, fresh, block):
    gateway.post(f"/plain/{fresh}", fresh)
    value = store.get(redis_key(fresh))
    body = b"hello"
    store.set(redis_key(fresh), value[:33] + b"200 %d %d\n" % (len(block), len(body)) + block + body)

    with gateway.connect() as wire:
        headers = [("Content-Type", "application/json"), ("X-Idempotency-Key", fresh)]
        answer = wire.ask("POST", f"/plain/{fresh}", headers, b"{}")
        assert (answer.status, answer.body) == (200, body)
        assert answer.header("Set-Cookie") is None
        assert answer.header("X-Injected") is None
        assert wire.ask("GET", f"/plain/{fresh}").status == 201


def test_a_value_without_expiry_of_ours_is_left_to_its_owner(gateway, store, fresh):
    """Time passes in Redis alone: no clock of a worker decides."""
    gateway.post(f"/plain/{fresh}", fresh)
    store.persist(redis_key(fresh))
    assert gateway.post(f"/plain/{fresh}", fresh).mark == "replayed"
    assert store.pttl(redis_key(fresh)) == -1
    store.delete(redis_key(fresh))
