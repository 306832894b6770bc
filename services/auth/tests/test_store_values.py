"""Whatever the store held before: a token is accepted if, and only if, it holds a good record of the session now."""

from __future__ import annotations

import json

import jwt
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

GOOD, RENEWED = "good", "renewed"
ALIVE = {GOOD, RENEWED}
VALUES = [GOOD, RENEWED, "absent", "ended", "newer", "other member", "not a record", "empty", "list"]


@pytest.fixture
async def token(client):
    return (await client.tokens())["access_token"]


@pytest.fixture
async def put(token, store, clock):
    """Return what puts a named value in the place of the session's record."""
    key = "auth:session:" + jwt.decode(token, options={"verify_signature": False})["sid"]
    good = json.loads(await store.get(key))
    records = {
        GOOD: good,
        RENEWED: good | {"renewed_at": int(clock()), "idle_at": good["idle_at"] + 60},
        "ended": good | {"idle_at": int(clock()) - 1},
        "newer": good | {"v": 2},
        "other member": good | {"member": "0198-other"},
    }
    texts = {name: json.dumps(record) for name, record in records.items()} | {"not a record": "{}", "empty": ""}

    async def put(name):
        await store.delete(key)
        if name == "list":
            await store.rpush(key, "x")
        elif name != "absent":
            await store.set(key, texts[name])

    return put


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.tuples(st.sampled_from(VALUES), st.integers(0, 2)), max_size=8))
@example(values=[(GOOD, 1), ("newer", 1), ("absent", 1)])
async def test_only_what_the_store_holds_now_decides(client, token, put, values):
    """Each value comes with how often the token is seen while it is there."""
    for name, requests in values:
        await put(name)
        for _ in range(requests):
            assert (await client.verify(token)).status_code == (200 if name in ALIVE else 401)
            passed = await client.verify(token, "?optional=1")
            assert passed.status_code == 200
            assert ("X-Auth-Subject" in passed.headers) == (name in ALIVE)
