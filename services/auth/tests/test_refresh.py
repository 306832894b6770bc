"""Rotation of refresh tokens, reuse, the grace period, and the limits of a session."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets

import jwt
import pytest
from pydantic import SecretStr

from platform_auth.keys.ring import InvalidKeyRing, load_ring

# Seconds, by default.
GRACE = 60


@pytest.fixture
async def session(client):
    return await client.tokens()


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


async def test_refresh_gives_a_new_pair_of_the_same_session(client, session, clock):
    clock.advance(60)

    response = await client.refresh(session["refresh_token"])

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    renewed = response.json()
    assert renewed.keys() == session.keys() - {"member"}
    assert renewed["refresh_token"] != session["refresh_token"]
    before, after = claims(session["access_token"]), claims(renewed["access_token"])
    assert after["iat"] - before["iat"] == 60
    same = {"iss", "aud", "sub", "sid", "roles", "auth_time", "amr", "acr"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert (await client.verify(renewed["access_token"])).status_code == 200
    assert (await client.verify(session["access_token"])).status_code == 200


async def test_each_successor_can_be_refreshed_in_turn(client, session, clock):
    token = session["refresh_token"]
    for _ in range(5):
        clock.advance(900)
        token = (await client.refresh(token)).json()["refresh_token"]

    assert (await client.refresh(token)).status_code == 200


async def test_reused_refresh_token_ends_the_session(client, session, clock, logs):
    renewed = (await client.refresh(session["refresh_token"])).json()
    clock.advance(GRACE + 1)

    response = await client.refresh(session["refresh_token"])

    assert response.status_code == 401
    assert response.json()["code"] == "refresh-token-reused"
    assert (await client.verify(session["access_token"])).status_code == 401
    assert (await client.verify(renewed["access_token"])).status_code == 401
    assert (await client.refresh(renewed["refresh_token"])).status_code == 401
    assert any(entry["event"] == "refresh_token_reused" for entry in logs)


async def test_an_older_ancestor_ends_the_session_as_well(client, session, clock):
    token = session["refresh_token"]
    for _ in range(3):
        clock.advance(1)
        token = (await client.refresh(token)).json()["refresh_token"]

    assert (await client.refresh(session["refresh_token"])).status_code == 401
    assert (await client.refresh(token)).status_code == 401


async def test_reuse_ends_that_session_alone(client, session, clock):
    other = await client.tokens()
    await client.refresh(session["refresh_token"])
    clock.advance(GRACE + 1)
    await client.refresh(session["refresh_token"])

    assert (await client.verify(other["access_token"])).status_code == 200


async def test_within_the_grace_period_a_repeat_gets_the_same_successor(client, session, clock):
    """As after a response that was lost on its way."""
    first = (await client.refresh(session["refresh_token"])).json()
    clock.advance(GRACE)

    second = await client.refresh(session["refresh_token"])

    assert second.status_code == 200
    assert second.json()["refresh_token"] == first["refresh_token"]
    assert (await client.verify(second.json()["access_token"])).status_code == 200


async def test_the_grace_period_does_not_grow_with_repeats(client, session, clock):
    await client.refresh(session["refresh_token"])
    clock.advance(GRACE)
    await client.refresh(session["refresh_token"])
    clock.advance(1)

    assert (await client.refresh(session["refresh_token"])).status_code == 401


async def test_a_successor_that_was_used_ends_the_grace_period(client, session):
    second = (await client.refresh(session["refresh_token"])).json()["refresh_token"]
    third = (await client.refresh(second)).json()["refresh_token"]

    response = await client.refresh(session["refresh_token"])

    assert (response.status_code, response.json()["code"]) == (401, "refresh-token-reused")
    assert (await client.refresh(third)).status_code == 401


async def test_the_grace_period_is_a_setting(make_auth, client_of, clock):
    client = client_of(make_auth(refresh_grace_seconds=10))
    token = (await client.tokens())["refresh_token"]
    await client.refresh(token)
    clock.advance(11)

    assert (await client.refresh(token)).status_code == 401


async def test_fifty_parallel_refreshes_get_one_successor(make_auth, client_of, client, session):
    replicas = [client, client_of(make_auth()), client_of(make_auth())]

    answers = await asyncio.gather(*(replicas[n % 3].refresh(session["refresh_token"]) for n in range(50)))

    assert {response.status_code for response in answers} == {200}
    assert len({response.json()["refresh_token"] for response in answers}) == 1
    assert (await client.refresh(answers[0].json()["refresh_token"])).status_code == 200


async def test_refreshes_in_parallel_with_a_log_out_leave_nothing_alive(client, session):
    results = await asyncio.gather(
        *(client.refresh(session["refresh_token"]) for _ in range(20)),
        client.post("/auth/logout", session["access_token"]),
        *(client.refresh(session["refresh_token"]) for _ in range(20)),
    )

    assert results[20].status_code == 204
    assert {response.status_code for response in results} <= {200, 204, 401}
    for response in results:
        if response.status_code == 200:
            assert (await client.verify(response.json()["access_token"])).status_code == 401
            assert (await client.refresh(response.json()["refresh_token"])).status_code == 401


async def test_a_refresh_token_is_worth_nothing_after_log_out(client, session):
    renewed = (await client.refresh(session["refresh_token"])).json()
    await client.post("/auth/logout", session["access_token"])

    for token in (session["refresh_token"], renewed["refresh_token"]):
        response = await client.refresh(token)
        assert response.status_code == 401
        assert response.json()["code"] == "session-revoked"


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 88, "A" * 256, "\u00e4"])
async def test_an_unknown_refresh_token_is_refused(client, token):
    response = await client.refresh(token)

    assert response.status_code == 401
    assert response.json()["code"] == "refresh-token-unknown"
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_a_made_up_token_that_names_a_session_ends_nothing(client, session):
    raw = base64.urlsafe_b64decode(session["refresh_token"])

    for made_up in (raw[:16] + bytes(50), raw[:16] + secrets.token_bytes(50), raw[:-1] + bytes([raw[-1] ^ 1])):
        response = await client.refresh(base64.urlsafe_b64encode(made_up).decode())
        assert (response.status_code, response.json()["code"]) == (401, "refresh-token-unknown")

    assert (await client.refresh(session["refresh_token"])).status_code == 200


async def test_a_token_has_one_spelling(client, session):
    token = session["refresh_token"]

    for other in (token + "=", token + "\n", " " + token, token[:40] + "." + token[40:], token + "AAAA"):
        assert (await client.refresh(other)).json()["code"] == "refresh-token-unknown"


async def test_the_current_token_outlives_the_key_that_issued_it(make_auth, client_of, session):
    """After the service-token key is replaced members stay logged in; only earlier tokens are not recognised."""
    client = client_of(make_auth(service_token_key=SecretStr("another service-token key of more than 32 bytes")))

    renewed = await client.refresh(session["refresh_token"])

    assert renewed.status_code == 200
    assert (await client.refresh(renewed.json()["refresh_token"])).status_code == 200


@pytest.mark.parametrize("body", [{}, {"refresh_token": ""}, {"refresh_token": 1}, {"refresh_token": "A" * 257}, []])
async def test_a_body_without_a_token_is_refused(client, body):
    assert (await client.http.post("/auth/refresh", json=body)).status_code == 422


async def test_an_access_token_is_no_refresh_token(client, session):
    assert (await client.refresh(session["access_token"])).status_code in {401, 422}


async def test_the_store_knows_no_token_but_by_its_hash(client, session, store):
    renewed = (await client.refresh(session["refresh_token"])).json()

    kept = "".join([key + str(await value_of(store, key)) for key in await store.keys("*")])

    for tokens in (session, renewed):
        assert tokens["refresh_token"] not in kept
        assert base64.urlsafe_b64decode(tokens["refresh_token"])[16:48].hex() not in kept
        assert tokens["access_token"] not in kept


async def value_of(store, key):
    if await store.type(key) == "zset":
        return await store.zrange(key, 0, -1, withscores=True)
    return await store.get(key)


async def test_a_session_that_is_not_renewed_ends(client, session, clock):
    clock.advance(7 * 86_400)

    assert (await client.refresh(session["refresh_token"])).status_code == 401
    assert (await client.verify(session["access_token"])).status_code == 401


async def test_a_renewed_session_lives_on(client, session, clock):
    token = session["refresh_token"]
    for _ in range(4):
        clock.advance(6 * 86_400)
        renewed = await client.refresh(token)
        assert renewed.status_code == 200
        token = renewed.json()["refresh_token"]


async def test_no_session_outlives_the_absolute_limit(make_auth, client_of, clock):
    client = client_of(make_auth(session_idle_timeout_seconds=800, session_absolute_timeout_seconds=3700))
    token = (await client.tokens())["refresh_token"]
    for _ in range(5):
        clock.advance(700)
        token = (await client.refresh(token)).json()["refresh_token"]
    clock.advance(100)
    last = (await client.refresh(token)).json()

    assert last["expires_in"] == last["refresh_expires_in"] == 100
    assert (await client.verify(last["access_token"])).status_code == 200
    clock.advance(100)
    assert (await client.verify(last["access_token"])).status_code == 401
    assert (await client.refresh(last["refresh_token"])).status_code == 401


async def test_the_store_forgets_sessions_by_itself(session, store):
    sid = claims(session["access_token"])["sid"]
    assert session["refresh_expires_in"] == 7 * 86_400

    assert 0 < await store.ttl(f"auth:session:{sid}") <= 7 * 86_400
    assert 0 < await store.ttl(sessions_key(session)) <= 30 * 86_400


def sessions_key(session):
    return f"auth:member:{{{session['member']['id']}}}:sessions"


async def test_a_renewal_whose_outcome_was_lost_can_be_repeated(auth, client, session):
    """The connection to the store broke after it had rotated the token, and the command was repeated."""
    replace = auth.sessions._repository.replace

    async def replace_twice(*args):
        await replace(*args)
        return await replace(*args)

    auth.sessions._repository.replace = replace_twice
    first = await client.refresh(session["refresh_token"])
    auth.sessions._repository.replace = replace

    assert first.status_code == 200
    second = await client.refresh(session["refresh_token"])
    assert second.json()["refresh_token"] == first.json()["refresh_token"]
    assert (await client.refresh(second.json()["refresh_token"])).status_code == 200


async def test_roles_come_from_the_session(client, session, store):
    record = json.loads(await store.get(f"auth:session:{claims(session['access_token'])['sid']}"))

    assert record["roles"] == ["member"]
    assert claims((await client.refresh(session["refresh_token"])).json()["access_token"])["roles"] == ["member"]


async def test_sessions_end_with_keys_that_are_all_replaced(auth, client, ring, clock, session):
    """Old keys may have made sessions too: what began before cannot be renewed, whatever its refresh token."""
    until = ring / "sessions-until"
    until.write_text(str(int(clock())))
    auth.key_ring.reload_if_changed()
    clock.advance(1)

    response = await client.refresh(session["refresh_token"])
    assert (response.status_code, response.json()["code"]) == (401, "session-revoked")
    new = await client.tokens()
    assert (await client.refresh(new["refresh_token"])).status_code == 200
    listed = (await client.get("/auth/sessions", new["access_token"])).json()["items"]
    assert len(listed) == 1


@pytest.mark.parametrize("text", ["", "soon", "-1", "1e9", "9" * 13, "\xb2"])
async def test_a_time_that_is_none_breaks_the_ring_and_ends_no_session(auth, client, ring, session, text):
    (ring / "sessions-until").write_text(text, encoding="utf-8")
    auth.key_ring.reload_if_changed()
    assert (await client.refresh(session["refresh_token"])).status_code == 200
    with pytest.raises(InvalidKeyRing, match="sessions-until"):
        load_ring(ring)
