"""Redis behind Sentinel: the master is found, and found again after a fail-over (configuration: `redis.sentinel_*`)."""

from __future__ import annotations

import os
import signal

import pytest

WORKERS = 2


@pytest.fixture
def sentinel(watched):
    """The watched servers, whole."""
    watched.heal()
    return watched


def post(gateway, fresh, key):
    return gateway.post(f"/watched/{fresh}", key)


def stored_at(watched, port):
    with watched.client(port) as client:
        return len(list(client.scan_iter("idem:*")))


def assert_followed(gateway, service, fresh, eventually):
    """The answer from before the fail-over is replayed, and each worker refuses one request at most."""
    repeat = eventually(lambda: (a := post(gateway, fresh, fresh)).status == 201 and a)
    assert repeat.mark == "replayed"
    assert len(service.seen(f"/watched/{fresh}")) == 1
    marks = [post(gateway, fresh, f"{fresh}-{i}").mark for i in range(20)]
    assert marks.count("stored") >= 20 - WORKERS


def store_before(gateway, watched, fresh, eventually):
    """Fill the workers' pools and store an answer that the replica has too."""
    for i in range(10):
        eventually(lambda i=i: post(gateway, f"{fresh}-before", f"{fresh}-before-{i}").status == 201)
    assert post(gateway, fresh, fresh).mark == "stored"
    watched.wait_replicated(watched.master())


def test_keys_are_kept_by_the_master_that_sentinel_names(gateway, sentinel, fresh, eventually):
    before = stored_at(sentinel, sentinel.master())
    eventually(lambda: post(gateway, fresh, fresh).status == 201)
    assert stored_at(sentinel, sentinel.master()) == before + 1


def test_a_killed_master_is_replaced(gateway, service, sentinel, fresh, eventually):
    store_before(gateway, sentinel, fresh, eventually)
    master = sentinel.master()
    sentinel.kill(master)
    sentinel.wait_for_another_master(master)

    assert_followed(gateway, service, fresh, eventually)


def test_a_planned_fail_over_is_followed(gateway, service, sentinel, fresh, eventually):
    store_before(gateway, sentinel, fresh, eventually)
    sentinel.fail_over()

    assert_followed(gateway, service, fresh, eventually)


def test_a_master_that_hangs_is_left_and_not_trusted_when_it_goes_on(gateway, service, sentinel, fresh, eventually):
    store_before(gateway, sentinel, fresh, eventually)
    old = sentinel.master()
    os.kill(sentinel.pid(old), signal.SIGSTOP)
    try:
        new = sentinel.wait_for_another_master(old)
        assert_followed(gateway, service, fresh, eventually)
    finally:
        os.kill(sentinel.pid(old), signal.SIGCONT)

    before = stored_at(sentinel, new)
    assert post(gateway, fresh, f"{fresh}-last").mark == "stored"
    assert stored_at(sentinel, new) == before + 1


def test_sentinels_that_are_gone_are_passed_by(gateway, sentinel, fresh, eventually):
    eventually(lambda: post(gateway, fresh, fresh).status == 201)
    for port in sentinel.sentinel_ports[:2]:
        sentinel.kill(port)
    for i in range(20):
        assert post(gateway, fresh, f"{fresh}-{i}").mark == "stored"


def test_without_any_sentinel_the_known_master_serves_on(gateway, sentinel, fresh, eventually):
    for i in range(10):
        eventually(lambda i=i: post(gateway, fresh, f"{fresh}-{i}").status == 201)
    for port in sentinel.sentinel_ports:
        sentinel.kill(port)
    for i in range(10, 30):
        assert post(gateway, fresh, f"{fresh}-{i}").mark == "stored"
