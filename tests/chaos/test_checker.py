"""The checker catches each kind of violation, and nothing else."""

from __future__ import annotations

import pytest

from chaos.checker import DOCUMENTED_REFUSALS, check
from chaos.history import Answered, Fault, Lost, Recorder, Sent, as_line, parse, read


def sent(attempt, key="k", at=None):
    return Sent(at=attempt * 2.0 if at is None else at, key=key, attempt=attempt, operation="change")


def answered(attempt, key="k", status=200, code=None, digest="d", replayed=False, at=None):
    when = attempt * 2.0 + 1 if at is None else at
    return Answered(when, key, attempt, status, code, digest, replayed)


def rules(history, effects):
    return [violation.rule for violation in check(history, effects).violations]


def test_one_effect_and_its_replay_are_right():
    history = [sent(1), answered(1), sent(2), answered(2, replayed=True)]
    verdict = check(history, {"k": 1})

    assert verdict.ok
    assert verdict.counts == {"keys": 1, "repeats": 1, "effects": 1, "successes": 2, "replays": 1, "refusals": 0}


def test_a_lost_response_whose_repeat_is_replayed_is_right():
    history = [sent(1), Lost(3.0, "k", 1, "ReadTimeout"), sent(2), answered(2, replayed=True)]
    assert check(history, {"k": 1}).ok


def test_two_effects_for_one_key():
    assert rules([sent(1), answered(1)], {"k": 2}) == ["two effects for one key"]


def test_two_effects_for_a_key_whose_responses_were_lost():
    history = [sent(1), Lost(3.0, "k", 1, "closed"), sent(2), answered(2)]
    assert rules(history, {"k": 2}) == ["two effects for one key"]


def test_lost_acknowledged_effect():
    assert rules([sent(1), answered(1)], {}) == ["lost acknowledged effect"]


@pytest.mark.parametrize("second", [{"digest": "other"}, {"digest": "other", "status": 201, "replayed": True}])
def test_repeat_with_another_response_than_the_first(second):
    history = [sent(1), answered(1), sent(2), answered(2, **second)]
    assert rules(history, {"k": 1}) == ["repeat with another answer than the first"]


@pytest.mark.parametrize("refusal", sorted(DOCUMENTED_REFUSALS))
def test_a_documented_refusal_is_right(refusal):
    status, code = refusal
    history = [sent(1), answered(1, status=status, code=code), sent(2), answered(2)]
    assert check(history, {"k": 1}).ok


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "internal-error"),
        (500, None),
        (502, None),  # a response without a problem document is none of ours
        (503, "something-new"),
        (401, "unauthenticated"),
        (409, "email-taken"),
        (409, "idempotency-not-replayable"),
        (422, "idempotency-key-reused"),
        (302, None),
    ],
)
def test_undocumented_refusal(status, code):
    history = [sent(1), answered(1, status=status, code=code), sent(2), answered(2)]
    assert rules(history, {"k": 1}) == ["undocumented refusal"]


def test_a_key_that_never_got_a_response():
    history = [sent(1), Lost(3.0, "k", 1, "closed"), sent(2), answered(2, status=409, code="idempotency-in-flight")]
    assert rules(history, {"k": 1}) == ["never answered"]
    assert rules(history, {}) == ["never answered"]


def test_a_replay_of_nothing():
    assert rules([sent(1), answered(1, replayed=True)], {"k": 1}) == ["replay of nothing"]


def test_the_first_attempt_may_get_a_replay_once_a_second_is_under_way():
    history = [sent(1), sent(2, at=2.5), answered(2, at=2.8), answered(1, replayed=True, at=3.0)]
    assert check(history, {"k": 1}).ok


def test_an_effect_that_nobody_asked_for():
    assert rules([sent(1), answered(1)], {"k": 1, "stranger": 1}) == ["effect that no one asked for"]


def test_keys_are_judged_one_by_one():
    history = [sent(1), answered(1), sent(2, key="other"), answered(2, key="other", digest="another")]
    assert check(history, {"k": 1, "other": 1}).ok
    assert rules(history, {"k": 2}) == ["two effects for one key", "lost acknowledged effect"]


def test_a_history_survives_its_file(tmp_path):
    events = [sent(1), answered(1), Lost(3.0, "k", 2, "closed"), Fault(4.0, "kill", "member", "claim → forward")]
    path = tmp_path / "history.jsonl"
    with path.open("w") as file:
        recorder = Recorder(file)
        for event in events:
            recorder.note(event)

    assert read(path) == events == recorder.events
    assert list(parse([as_line(events[0])])) == [events[0]]
