"""The script, and the SET commands before it, on a real Valkey, against a model of what they promise."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from plugintests.script import Script
from plugintests.set_commands import CODES, Judge, SetFirst

KEY = "idem:model:key"
FINGERPRINTS = [bytes([n]) * 32 for n in (1, 65)]  # the second is all letters "A"
OWNERS = [bytes([n]) * 16 for n in (1, 2, 65)]
BODIES = [b"", b"body", b"\r\n\x00\xff" * 10]

locks = st.builds(
    lambda fingerprint, owner: b"L" + fingerprint + owner, st.sampled_from(FINGERPRINTS), st.sampled_from(OWNERS)
)


def answer(fingerprint: bytes, status: int, body: bytes) -> bytes:
    headers = b"Content-Type:text/plain\n"
    return b"A" + fingerprint + b"%d %d %d\n" % (status, len(headers), len(body)) + headers + body


def is_sound(value: bytes) -> bool:
    """Say whether a value is a record, as record.lua describes them; written apart from the script."""
    if value[:1] in {b"L", b"T"}:
        return len(value) == {b"L": 49, b"T": 33}[value[:1]]
    line, found, rest = value[33:].partition(b"\n")
    numbers = line.split(b" ")
    if value[:1] != b"A" or len(value) < 34 or not found or len(numbers) != 3:
        return False
    if not all(number.isdigit() and number.isascii() for number in numbers):
        return False
    status, head, body = numbers
    lengths_fit = len(head) < 10 and len(body) < 10 and int(head) + int(body) == len(rest)
    return len(status) == 3 and status[:1] in {b"2", b"3", b"4"} and lengths_fit


# records, and what is left or grown of them
nearly_records = st.one_of(
    st.binary(max_size=80),
    st.builds(
        lambda record, cut, tail: record[: len(record) - cut] + tail,
        st.one_of(
            locks,
            st.just(b"T" + FINGERPRINTS[0]),
            st.builds(
                answer,
                st.sampled_from(FINGERPRINTS),
                st.sampled_from([100, 200, 499, 500]),
                st.sampled_from(BODIES),
            ),
        ),
        st.integers(0, 2),
        st.binary(max_size=2),
    ),
)


class ScriptMachine(RuleBasedStateMachine):
    """One key, many owners: the script answers as the model does, and the store holds what the model holds."""

    script: Script | SetFirst
    store: redis.Redis

    @initialize()
    def empty(self):
        self.store.delete(KEY)
        self.value = None
        self.wrong_type = False

    @rule(lock=locks)
    def claim(self, lock):
        expected = self._claimed(lock)
        assert self.script.claim(KEY, lock) == expected

    @rule(lock=locks)
    def claim_again_as_after_a_broken_connection(self, lock):
        expected = self._claimed(lock)
        assert self.script.claim(KEY, lock) == expected
        assert self.script.claim(KEY, lock) == (0 if expected == 1 else expected)

    @rule(lock=locks, status=st.sampled_from([200, 201, 404]), body=st.sampled_from(BODIES), oversize=st.booleans())
    def complete(self, lock, status, body, oversize):
        record = b"T" + lock[1:33] if oversize else answer(lock[1:33], status, body)
        if self.value is None:
            expected, self.value = 1, record
        elif self.value == lock:
            expected, self.value = 0, record
        else:
            expected = 0 if self.value == record else 2
        assert self.script.complete(KEY, lock, record) == expected
        # the same call again, as after a broken connection, changes nothing and never says lost
        assert self.script.complete(KEY, lock, record) == (2 if expected == 2 else 0)

    @rule(lock=locks)
    def release(self, lock):
        expected = 2
        if self.value == lock and not self.wrong_type:
            expected, self.value = 0, None
        assert self.script.release(KEY, lock) == expected

    @rule()
    def time_to_live_ends(self):
        self.store.delete(KEY)
        self.value, self.wrong_type = None, False

    @rule(value=nearly_records)
    def somebody_else_writes(self, value):
        self.store.set(KEY, value)
        self.value, self.wrong_type = value, False

    @rule()
    def somebody_else_writes_a_list(self):
        self.store.delete(KEY)
        self.store.rpush(KEY, "a")
        self.value, self.wrong_type = b"", True

    @invariant()
    def the_store_holds_what_the_model_holds(self):
        if not self.wrong_type:
            assert self.store.get(KEY) == self.value

    def teardown(self):
        self.store.delete(KEY)

    def _claimed(self, lock):
        if self.value is None or self.wrong_type or not is_sound(self.value):
            poisoned = self.value is not None
            self.value, self.wrong_type = lock, False
            return 1 if poisoned else 0
        if self.value == lock:
            return 0
        if self.value[1:33] != lock[1:33]:
            return 3
        return {b"A": self.value, b"T": 4, b"L": 2}[self.value[:1]]


@pytest.fixture
def judge():
    judge = Judge()
    yield judge
    judge.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("by_set", [False, True], ids=["script", "set"])
def test_the_script_and_the_set_commands_keep_their_promises(store, judge, by_set):
    script = SetFirst(store, judge) if by_set else Script(store)
    machine: Any = type("Machine", (ScriptMachine,), {"store": store, "script": script})
    machine = machine.TestCase
    machine.settings = settings(
        max_examples=300, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine("runTest").runTest()


@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=nearly_records, lock=locks)
def test_a_worker_judges_a_value_as_the_script_does(store, judge, value, lock):
    store.set(KEY, value)
    said, judged = Script(store).claim(KEY, lock), judge(value, lock)
    codes: dict[Any, Any] = {None: 1, "replay": value, **CODES}
    assert said == codes[judged]


@pytest.fixture(params=["script", "set"])
def script(request, store, judge):
    store.delete(KEY)
    return SetFirst(store, judge) if request.param == "set" else Script(store)


LOCK = b"L" + FINGERPRINTS[0] + OWNERS[0]


def test_locks_and_records_have_the_time_to_live_that_was_asked_for(script, store):
    script.claim(KEY, LOCK, ttl=5000)
    assert 0 < store.pttl(KEY) <= 5000
    script.complete(KEY, LOCK, answer(FINGERPRINTS[0], 200, b""), ttl=9000)
    assert 5000 < store.pttl(KEY) <= 9000


def test_a_replay_prolongs_nothing(script, store):
    script.complete(KEY, LOCK, answer(FINGERPRINTS[0], 200, b""), ttl=5000)
    for _ in range(3):
        script.claim(KEY, LOCK, ttl=90_000)
    assert store.pttl(KEY) <= 5000


def test_a_claim_by_set_and_its_completion_need_no_script(store, judge):
    store.delete(KEY)
    by_set, record = SetFirst(store, judge), answer(FINGERPRINTS[0], 200, b"")
    before = store.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
    assert by_set.claim(KEY, LOCK) == 0
    assert by_set.complete(KEY, LOCK, record) == 0
    assert by_set.claim(KEY, LOCK) == record
    assert store.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"] == before


def test_the_gateways_user_needs_five_commands(valkey, store, judge):
    """The ACL that the README names suffices."""
    store.delete(KEY)
    store.acl_setuser(
        "least",
        enabled=True,
        passwords=["+p"],
        keys=["idem:*"],
        reset=True,
        commands=["+evalsha", "+eval", "+get", "+set", "+del"],
    )
    least = type(store)(port=valkey.port, username="least", password="p")
    for script in (Script(least), SetFirst(least, judge)):
        assert script.claim(KEY, LOCK) == 0
        assert script.complete(KEY, LOCK, answer(FINGERPRINTS[0], 200, b"")) == 0
        assert script.release(KEY, LOCK) == 2
        store.delete(KEY)
    store.acl_deluser("least")
