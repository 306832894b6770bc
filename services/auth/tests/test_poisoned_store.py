"""Whatever stands at a session's key: it keeps no one alive, and nothing breaks."""

from __future__ import annotations

import json

import jwt
import pytest

NONSENSE = [
    b"",
    b"1",
    b"null",
    b"[]",
    b"{}",
    b'{"v":1}',
    b"\x00\xff",
    b"[" * 100_000,
    b'{"v":1,"member":"x"}garbage',
]


@pytest.fixture
async def token(client):
    return (await client.tokens())["access_token"]


@pytest.fixture
def key(token):
    return "auth:session:" + jwt.decode(token, options={"verify_signature": False})["sid"]


async def assert_dead(client, token):
    for seen in range(2):
        assert (await client.verify(token)).status_code == 401, seen
        assert (
            await client.http.get("/auth/sessions", headers={"Authorization": f"Bearer {token}"})
        ).status_code == 401


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: repr(value[:20]))
@pytest.mark.parametrize("seen", [True, False])
async def test_what_is_no_record_is_a_dead_session(client, token, key, store, logs, value, seen):
    if seen:
        assert (await client.verify(token)).status_code == 200

    await store.set(key, value)

    await assert_dead(client, token)
    assert any(entry["event"] == "session_record_unreadable" for entry in logs)


@pytest.mark.parametrize(
    "change",
    [
        {"member": "0198-someone-else"},
        {"member": 7},
        {"v": 2},
        {"v": None},
        {"roles": "admin"},
        {"roles": [1]},
        {"idle_at": "later"},
        {"ends_at": True},
        {"ends_at": 1e99},
        {"idle_at": 0},
        {"ends_at": 0},
        {"idle_at": 10**300, "ends_at": 10**300},
        {"auth_time": -(10**300)},
        {"renewed_at": 2**63},
        {"refresh": None},
        {"salt": 1},
        {"user_agent": "\ud800"},
        {"address": "\udfff"},
        {"v": True},
        {"v": 1.0},
    ],
    ids=str,
)
async def test_a_record_that_does_not_fit_is_a_dead_session(client, token, key, store, change):
    record = json.loads(await store.get(key))

    await store.set(key, json.dumps(record | change))

    await assert_dead(client, token)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
async def test_a_record_in_another_encoding_is_a_dead_session(client, token, key, store, encoding):
    record = await store.get(key)

    await store.set(key, record.encode(encoding))

    await assert_dead(client, token)


@pytest.mark.parametrize("kind", ["list", "hash", "set", "zset", "stream"])
async def test_another_type_is_a_dead_session(client, token, key, store, logs, kind):
    await store.delete(key)
    await {
        "list": lambda: store.rpush(key, "x"),
        "hash": lambda: store.hset(key, "x", "y"),
        "set": lambda: store.sadd(key, "x"),
        "zset": lambda: store.zadd(key, {"x": 1}),
        "stream": lambda: store.xadd(key, {"x": "y"}),
    }[kind]()

    await assert_dead(client, token)
    assert any(entry["event"] == "session_lookup_refused" for entry in logs)


async def test_a_dead_record_comes_alive_only_by_a_good_one(client, token, key, store):
    good = await store.get(key)
    await store.set(key, "nonsense")
    await assert_dead(client, token)

    await store.set(key, good)

    assert (await client.verify(token)).status_code == 200


async def test_a_session_ends_with_its_record_although_the_store_keeps_the_key(client, token, key, store, clock):
    await store.persist(key)
    clock.advance(7 * 86_400 + 1)

    assert (await client.verify(token)).status_code == 401


async def test_a_newer_release_may_add_fields(client, token, key, store):
    record = json.loads(await store.get(key))
    await store.set(key, json.dumps(record | {"added_later": [1, 2]}))

    assert (await client.verify(token)).status_code == 200


@pytest.mark.parametrize("kind", ["sessions", "epoch"])
async def test_a_poisoned_key_of_a_member_is_503_not_500(client, token, store, kind):
    member = jwt.decode(token, options={"verify_signature": False})["sub"]
    key = f"auth:member:{{{member}}}:{kind}"
    await store.delete(key)
    await store.rpush(key, "nonsense")

    response = await client.login()

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: repr(value[:20]))
async def test_a_refresh_of_what_is_no_record_is_401(client, store, value):
    tokens = await client.tokens()
    sid = jwt.decode(tokens["access_token"], options={"verify_signature": False})["sid"]
    await store.set(f"auth:session:{sid}", value)

    response = await client.refresh(tokens["refresh_token"])

    assert (response.status_code, response.json()["code"]) == (401, "session-revoked")


async def test_a_record_of_another_session_is_no_way_into_it(client, store, member):
    member.add("eve@example.com")
    mine, theirs = await client.tokens(), await client.tokens("eve@example.com")
    sids = [jwt.decode(one["access_token"], options={"verify_signature": False})["sid"] for one in (mine, theirs)]
    await store.copy(f"auth:session:{sids[0]}", f"auth:session:{sids[1]}", replace=True)

    assert (await client.refresh(theirs["refresh_token"])).status_code == 401
    assert (await client.verify(theirs["access_token"])).status_code == 401
