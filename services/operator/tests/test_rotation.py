"""Key rotation: when it happens, and that no valid token is rejected."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from platform_common.tokens.key_ring import CURRENT, NEXT, new_key
from platform_operator.keyring.controller import build_ring_status, is_rolled_out, read_memory
from platform_operator.keyring.rotation import (
    PROPAGATION_SECONDS,
    InvalidSecret,
    Memory,
    Requests,
    Ring,
    Schedule,
    kid,
    merge_memory,
    next_rotation,
    rotate,
)
from platform_operator.keyring.secret import RING, read_ring, write_ring

DAY = 86400
SCHEDULE = Schedule(rotation_interval=30 * DAY, pre_publish=600, token_ttl=900)
START = 1_800_000_000


def at(ring, now, requests=Requests(), schedule=SCHEDULE):  # noqa: B008 (frozen)
    return rotate(ring, schedule, requests, now, new_key)


@pytest.fixture
def ring():
    return at(Ring({}), START).ring


def test_keys_are_created_where_there_are_none():
    made = at(Ring({}), START)
    assert made.causes == ("created",)
    assert set(made.ring.files) == {CURRENT, NEXT}
    assert (made.ring.current_since, made.ring.next_since) == (START, START)


def test_before_the_rotation_nothing_changes(ring):
    same = at(ring, START + 30 * DAY - 1)
    assert (same.ring, same.causes) == (ring, ())
    assert same.next_check == START + 30 * DAY


def test_at_a_rotation_the_next_key_signs_and_another_is_published(ring):
    turned = at(ring, START + 30 * DAY)
    assert turned.causes == ("scheduled",)
    assert turned.ring.files[CURRENT] == ring.files[NEXT]
    assert turned.ring.files[f"retired-{START + 30 * DAY}.pem"] == ring.files[CURRENT]
    assert turned.ring.files[NEXT] not in ring.files.values()


def test_a_retired_key_is_removed_when_its_last_token_has_ended(ring):
    moment = START + 30 * DAY
    turned = at(ring, moment).ring
    last = moment + 900 + 5 + PROPAGATION_SECONDS
    assert at(turned, last).ring == turned
    removed = at(turned, last + 1)
    assert removed.causes == ("expired",)
    assert set(removed.ring.files) == {CURRENT, NEXT}


def test_a_request_rotates_once(ring):
    requests = Requests(rotate="monday")
    turned = at(ring, START + 600, requests)
    assert turned.causes == ("requested",)
    assert at(turned.ring, START + 1200, requests).causes == ()
    assert at(turned.ring, START + 1200, Requests(rotate="tuesday")).causes == ("requested",)


def test_a_request_waits_until_the_next_key_is_known_everywhere(ring):
    requests = Requests(rotate="now")
    waiting = at(ring, START + 599, requests)
    assert (waiting.causes, waiting.next_check) == ((), START + 600)
    assert next_rotation(ring, SCHEDULE, requests) == START + 600


def test_a_revocation_replaces_every_key_at_once(ring):
    requests = Requests(revoke="leak")
    turned = at(at(ring, START + 30 * DAY).ring, START + 30 * DAY + 1, requests)
    assert turned.causes == ("revoked",)
    assert set(turned.ring.files) == {CURRENT, NEXT}
    assert not set(turned.ring.files.values()) & set(ring.files.values())
    assert at(turned.ring, START + 30 * DAY + 2, requests).causes == ()


def test_a_revocation_ends_sessions_and_later_rotations_keep_its_time(ring):
    revoked = at(ring, START + 5, Requests(revoke="leak")).ring
    later = at(revoked, START + 5 + 30 * DAY, Requests(revoke="leak"))
    assert later.causes == ("scheduled",)
    secret = write_ring(later.ring, "members", "keys", None)
    assert base64.b64decode(secret["data"]["sessions-until"]) == str(START + 5).encode()
    assert read_ring(secret) == later.ring
    assert "sessions-until" not in write_ring(ring, "members", "keys", None)["data"]


def test_keys_that_others_created_are_adopted_as_new(ring):
    bootstrap = Ring(ring.files)
    noticed = at(bootstrap, START + 90 * DAY)
    assert noticed.causes == ("adopted",)
    assert noticed.ring.files == ring.files
    assert noticed.ring.current_since == START + 90 * DAY


def test_a_next_key_that_is_missing_is_published_before_it_signs(ring):
    lone = Ring({CURRENT: ring.files[CURRENT]})
    published = at(lone, START)
    assert "published" in published.causes
    assert at(published.ring, START + 599, Requests(rotate="now")).ring.files[CURRENT] == ring.files[CURRENT]


def test_keys_that_others_swap_do_not_sign_before_they_are_known(ring):
    swapped = Ring({CURRENT: ring.files[NEXT], NEXT: new_key()}, ring.current, START, ring.next, START)
    noticed = at(swapped, START + 30 * DAY)
    assert "scheduled" not in noticed.causes
    assert noticed.ring.next_since == START + 30 * DAY


def public_of(pem):
    key = serialization.load_pem_private_key(pem, None).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("content", [b"", b"x", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_an_invalid_secret_is_not_changed(ring, content):
    with pytest.raises(InvalidSecret, match=r"current\.pem is not"):
        at(Ring({**ring.files, CURRENT: content}), START)


def test_a_public_key_alone_does_not_sign(ring):
    with pytest.raises(InvalidSecret, match="Ed25519 private key"):
        at(Ring({**ring.files, CURRENT: public_of(ring.files[CURRENT])}), START)


def test_the_secret_holds_keys_and_metadata(ring):
    turned = at(ring, START + 30 * DAY, Requests("a", "")).ring
    secret = write_ring(turned, "members", "keys", None)
    assert read_ring(secret) == turned
    assert "PRIVATE" not in secret["metadata"]["annotations"][RING]


def test_other_data_of_the_secret_is_kept(ring):
    before = write_ring(ring, "members", "keys", None)
    before["metadata"] |= {"resourceVersion": "7", "managedFields": [{}]}
    before["data"]["note"] = "aGk="
    after = write_ring(at(ring, START + 30 * DAY).ring, "members", "keys", before)
    assert after["data"]["note"] == "aGk="
    assert after["metadata"]["resourceVersion"] == "7"
    assert "managedFields" not in after["metadata"]


def test_the_status_has_times_and_identifiers_and_no_key(ring):
    turned = at(ring, START + 30 * DAY).ring
    status = build_ring_status(turned, SCHEDULE, Requests())
    assert [key["state"] for key in status["keys"]] == ["current", "next", "retired"]
    assert status["keys"][2]["kid"] == kid(ring.files[CURRENT], CURRENT)
    assert "PRIVATE" not in str(status)


class Verifiers:
    """Pods of auth and other verifiers: each sees the ring as it was up to so long ago."""

    def __init__(self):
        self.history = []

    def publish(self, now, ring):
        self.history.append((now, {kid(pem, name) for name, pem in ring.files.items()}, ring.current))

    def seen(self, now, delay):
        return next(entry for entry in reversed(self.history) if entry[0] <= now - delay or entry is self.history[0])

    def accepts(self, key, now, delay):
        return key in self.seen(now, delay)[1]


@given(
    st.lists(st.integers(min_value=1, max_value=700), min_size=5, max_size=60),
    st.integers(min_value=0, max_value=PROPAGATION_SECONDS),
    st.integers(min_value=0, max_value=600),
)
def test_a_token_is_known_to_every_verifier_until_it_ends(steps, signer_delay, verifier_delay):
    """Signers see the ring late, verifiers later: no live token meets a verifier without its key."""
    schedule = Schedule(rotation_interval=1000, pre_publish=600, token_ttl=900)
    now, verifiers = START, Verifiers()
    ring = at(Ring({}), now, schedule=schedule).ring
    verifiers.publish(now, ring)
    now += 600
    tokens = []
    for number, step in enumerate(steps):
        now += step
        ring = at(ring, now, Requests(rotate=str(number // 4)), schedule).ring
        verifiers.publish(now, ring)
        tokens.append((verifiers.seen(now, signer_delay)[2], now + schedule.token_ttl))
        for key, end in tokens:
            if now < end:
                assert verifiers.accepts(key, now, 0)
                assert verifiers.accepts(key, now, verifier_delay)


def test_a_new_key_is_one_that_auth_reads():
    assert isinstance(serialization.load_pem_private_key(new_key(), None), Ed25519PrivateKey)


def remember(ring, requests=Requests()):  # noqa: B008 (frozen)
    """What the status keeps of a ring."""
    return read_memory(build_ring_status(ring, SCHEDULE, requests))


LEAK = Requests(revoke="leak")


def test_a_revocation_outlives_the_secret(ring):
    revoked = at(ring, START + 5, LEAK).ring
    after = at(merge_memory(Ring({}), remember(revoked, LEAK), LEAK), START + 100, LEAK)
    assert after.causes == ("created",)
    assert after.ring.revoked_at == START + 5
    assert base64.b64decode(write_ring(after.ring, "members", "keys", None)["data"]["sessions-until"]) == b"1800000005"


def test_a_restored_secret_brings_no_revoked_key_back(ring):
    revoked = at(ring, START + 5, LEAK).ring
    restored = merge_memory(read_ring(write_ring(ring, "members", "keys", None)), remember(revoked, LEAK), LEAK)
    after = at(restored, START + 100, LEAK)
    assert after.causes == ("revoked_key_found",)
    assert not set(after.ring.files.values()) & set(ring.files.values())
    assert after.ring.revoked_at == START + 5


def test_a_secret_without_its_annotation_repeats_nothing(ring):
    revoked = at(ring, START + 5, LEAK).ring
    secret = write_ring(revoked, "members", "keys", None)
    secret["metadata"]["annotations"] = {}
    for memory in (remember(revoked, LEAK), remember(at(revoked, START + 30 * DAY + 5, LEAK).ring, LEAK)):
        after = at(merge_memory(read_ring(secret), memory, LEAK), START + 100, LEAK)
        assert "revoked" not in after.causes
        assert after.ring.files == revoked.files
        assert after.ring.revoked_at == START + 5


def test_a_new_request_is_handled_although_the_secret_was_deleted(ring):
    revoked = at(ring, START + 5, LEAK).ring
    again = Requests(revoke="another leak")
    after = at(merge_memory(Ring({}), remember(revoked, LEAK), again), START + 100, again)
    assert after.causes == ("revoked",)
    assert after.ring.revoked_at == START + 100


@pytest.mark.parametrize("text", ["not json", "[]", "7", '{"current": 7}', '{"revokedAt": "soon"}'])
def test_an_invalid_annotation_is_reported(ring, text):
    secret = write_ring(ring, "members", "keys", None)
    secret["metadata"]["annotations"][RING] = text
    with pytest.raises(InvalidSecret, match="annotation"):
        read_ring(secret)


STEPS = ["revoke", "lose the Secret", "restore", "strip", "rotate", "wait", "remove the request", "apply it again"]


@given(st.lists(st.sampled_from(STEPS), max_size=12))
@example(["revoke", "remove the request", "lose the Secret", "apply it again"])
def test_no_revocation_is_lost_or_repeated(steps):
    now, requests, memory, backup = START, Requests(), Memory(), None
    ring: Ring | None = None
    last, revocations, wanted, gone, revoke = 0, 0, 0, set(), ""
    for number, step in enumerate(["wait", *steps]):
        now += 1000
        if step == "revoke":
            revoke = f"leak {number}"
            requests = Requests(requests.rotate, revoke)
            wanted += 1
            last = now
            gone |= {kid(pem, name) for name, pem in ring.files.items()}
        elif step == "rotate":
            requests = Requests(f"rotation {number}", requests.revoke)
        elif step == "lose the Secret":
            ring = None
        elif step == "restore" and backup:
            ring = backup
        elif step == "strip" and ring:
            ring = Ring(ring.files)
        elif step == "remove the request":
            requests = Requests(requests.rotate)
        elif step == "apply it again":
            requests = Requests(requests.rotate, revoke)
        turned = at(merge_memory(ring or Ring({}), memory, requests), now, requests)
        revocations += "revoked" in turned.causes
        ring, memory = turned.ring, remember(turned.ring, requests)
        backup = backup or ring
        assert ring.revoked_at == last
        assert revocations == wanted
        assert not gone & {kid(pem, name) for name, pem in ring.files.items()}


@pytest.mark.parametrize(
    ("status", "done"),
    [
        ({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}, True),
        ({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}, False),
        ({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 2}, False),
        ({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 2}, False),
        ({}, False),
    ],
)
def test_a_revocation_is_complete_when_no_older_pod_of_auth_is_left(status, done):
    deployment = {"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}
    assert is_rolled_out(deployment) is done
