"""The gateway's store may lose or spoil answers: by the services' own records a write happens once all the same."""

from collections.abc import Iterator

import pytest
import redis

from blackbox.client import Client, Session, new_account, new_key
from blackbox.own_platform import OwnPlatform


@pytest.fixture
def store(own_platform: OwnPlatform) -> Iterator[redis.Redis]:
    """The gateway's own access to its store."""
    with own_platform.answer_store() as client:
        yield client


def lose(store: redis.Redis) -> int:
    """Delete every stored response, and return how many there were."""
    return len([store.delete(name) for name in store.scan_iter("idem:*")])


def test_an_edit_whose_response_was_lost_happens_once(store: redis.Redis, member: Session):
    key = new_key()
    first = member.patch(member.path, {"display_name": "Lost"}, key=key)
    assert lose(store) > 0

    repeat = member.patch(member.path, {"display_name": "Lost"}, key=key)

    assert (repeat.status_code, repeat.content) == (200, first.content)
    assert repeat.headers["idempotent-replayed"] == "true"
    assert repeat.headers["etag"] == first.headers["etag"]
    assert member.me().json()["version"] == first.json()["version"]


@pytest.mark.parametrize("path", ["/api/members", "/auth/register"])
def test_a_member_whose_response_was_lost_is_made_once(store: redis.Redis, admin: Session, client: Client, path: str):
    sender = admin if path == "/api/members" else client
    account, key = new_account(), new_key()
    first = sender.post(path, account.registration, key=key)
    assert lose(store) > 0

    repeat = sender.post(path, account.registration, key=key)

    assert (repeat.status_code, repeat.content) == (201, first.content)
    assert repeat.headers["idempotent-replayed"] == "true"
    assert repeat.headers["location"] == first.headers["location"]


def test_a_reuse_is_seen_without_the_store(store: redis.Redis, member: Session):
    key = new_key()
    first = member.patch(member.path, {"display_name": "Mine"}, key=key)
    assert lose(store) > 0

    assert member.patch(member.path, {"display_name": "Other"}, key=key).json()["code"] == "idempotency-key-reused"
    assert member.me().content == first.content


@pytest.mark.parametrize("poison", [b"", b"garbage", b"\x00\xff" * 500, b'{"status":200}', ["a", "list"]], ids=repr)
def test_a_spoilt_response_is_none(store: redis.Redis, member: Session, poison):
    """A poisoned value is a miss: never an error, never a response."""
    key = new_key()
    first = member.patch(member.path, {"display_name": "Invalid"}, key=key)
    names = list(store.scan_iter("idem:*"))
    for name in names:
        store.delete(name)
        if isinstance(poison, list):
            store.rpush(name, *poison)
        else:
            store.set(name, poison)

    repeat = member.patch(member.path, {"display_name": "Invalid"}, key=key)

    assert names
    assert (repeat.status_code, repeat.content) == (200, first.content)
    assert member.me().json()["version"] == first.json()["version"]
