"""One member, one session: how much they may put into the store, and how often."""

from __future__ import annotations

import asyncio

import jwt
import pytest


def sid(tokens):
    return jwt.decode(tokens["access_token"], options={"verify_signature": False})["sid"]


async def is_alive(client, tokens):
    return (await client.verify(tokens["access_token"])).status_code == 200


def assert_throttled(response, seconds):
    assert response.status_code == 429
    assert response.json()["code"] == "too-many-attempts"
    assert 1 <= int(response.headers["Retry-After"]) <= seconds


class TestState:
    async def test_renewals_add_nothing_to_the_store(self, make_auth, client_of, store):
        client = client_of(make_auth(rate_limit_refreshes_per_session="1000/5 minutes"))
        token = (await client.refresh((await client.tokens())["refresh_token"])).json()["refresh_token"]
        keys, size = await store.dbsize(), await size_of(store)

        for _ in range(200):
            token = (await client.refresh(token)).json()["refresh_token"]

        assert await store.dbsize() == keys
        assert await size_of(store) <= size + 8

    async def test_the_session_that_was_idle_longest_ends_when_there_are_too_many(self, make_auth, client_of, clock):
        client = client_of(make_auth(sessions_per_member=3))
        oldest, second, third = [await client.tokens() for _ in range(3)]
        clock.advance(1)
        await client.refresh(oldest["refresh_token"])
        clock.advance(1)

        fourth = await client.tokens()

        assert [await is_alive(client, one) for one in (oldest, second, third, fourth)] == [True, False, True, True]
        assert (await client.refresh(second["refresh_token"])).status_code == 401

    async def test_a_hundred_sessions_are_the_limit(self, make_auth, client_of, store):
        client = client_of(make_auth(rate_limit_logins_per_account="1000/15 minutes"))
        for _ in range(105):
            last = await client.tokens()

        items = (await client.get("/auth/sessions", last["access_token"])).json()["items"]

        assert len(items) == len(await store.keys("auth:session:*")) == 100
        assert items[0]["id"] == sid(last)

    async def test_log_ins_at_once_leave_no_more_than_the_limit(self, make_auth, client_of, store):
        client = client_of(
            make_auth(sessions_per_member=3, rate_limit_login_failures_per_account_and_address="100/15 minutes")
        )

        answers = await asyncio.gather(*(client.login() for _ in range(20)))

        assert {response.status_code for response in answers} == {200}
        assert len(await store.keys("auth:session:*")) == await store.zcard("auth:member:{0198-0}:sessions") == 3

    async def test_another_members_sessions_do_not_count(self, make_auth, client_of, member):
        client = client_of(make_auth(sessions_per_member=1))
        member.add("eve@example.com")
        theirs = await client.tokens("eve@example.com")
        await client.tokens()

        assert await is_alive(client, theirs)

    async def test_log_out_leaves_no_key_of_the_session(self, client, store):
        tokens = await client.tokens()
        renewed = (await client.refresh(tokens["refresh_token"])).json()
        assert [key for key in await store.keys("*") if sid(tokens) in key]

        await client.post("/auth/logout", renewed["access_token"])

        assert not [key for key in await store.keys("*") if sid(tokens) in key]
        assert not await store.exists("auth:member:{0198-0}:sessions")

    async def test_addresses_of_an_account_that_are_known_are_few(self, make_auth, client_of, store):
        auth = make_auth()
        for n in range(60):
            await client_of(auth, f"198.51.100.{n}").tokens()

        (known,) = await store.keys("auth:limit:login-known:*")

        assert await store.zcard(known) == 50
        assert await store.zscore(known, "198.51.100.59")

    async def test_an_address_over_its_limit_adds_no_counter(self, make_auth, client_of, store):
        client = client_of(make_auth(rate_limit_login_failures_per_address="3/10 minutes"))
        for n in range(3):
            await client.login(f"made-up-{n}@example.com")
        keys = await store.dbsize()

        for n in range(20):
            assert (await client.login(f"made-up-as-well-{n}@example.com")).status_code == 429

        assert await store.dbsize() == keys


async def size_of(store):
    return sum([await store.memory_usage(key) for key in await store.keys("*")])


class TestRate:
    async def test_renewals_of_one_session_are_limited(self, make_auth, client_of):
        client = client_of(make_auth(rate_limit_refreshes_per_session="5/5 minutes"))
        mine, other = await client.tokens(), await client.tokens()
        token = mine["refresh_token"]
        for _ in range(5):
            token = (await client.refresh(token)).json()["refresh_token"]

        assert_throttled(await client.refresh(token), 300)
        assert await is_alive(client, mine)
        assert (await client.refresh(other["refresh_token"])).status_code == 200

    async def test_repeats_count_as_well(self, make_auth, client_of):
        client = client_of(make_auth(rate_limit_refreshes_per_session="5/5 minutes"))
        token = (await client.tokens())["refresh_token"]

        answers = await asyncio.gather(*(client.refresh(token) for _ in range(8)))

        assert sorted(response.status_code for response in answers) == [200] * 5 + [429] * 3

    async def test_a_reuse_ends_the_session_although_the_limit_is_reached(self, make_auth, client_of):
        client = client_of(make_auth(rate_limit_refreshes_per_session="2/5 minutes"))
        session = await client.tokens()
        second = (await client.refresh(session["refresh_token"])).json()["refresh_token"]
        await client.refresh(second)

        assert (await client.refresh(session["refresh_token"])).json()["code"] == "refresh-token-reused"
        assert not await is_alive(client, session)

    async def test_tokens_that_are_not_the_sessions_own_do_not_count(self, make_auth, client_of):
        client = client_of(make_auth(rate_limit_refreshes_per_session="1/5 minutes"))
        session = await client.tokens()
        for _ in range(5):
            await client.refresh(session["refresh_token"][:30] + "A" * 58)

        assert (await client.refresh(session["refresh_token"])).status_code == 200

    async def test_log_ins_of_one_account_are_limited(self, make_auth, client_of, member):
        auth = make_auth(rate_limit_logins_per_account="4/15 minutes")
        member.add("eve@example.com")
        for n in range(4):
            await client_of(auth, f"198.51.100.{n}").tokens()
        client = client_of(auth)
        asked = len(member.requests)

        assert_throttled(await client.login(), 900)
        assert len(member.requests) == asked
        assert (await client.login("eve@example.com")).status_code == 200

    async def test_wrong_guesses_do_not_use_up_an_owners_log_ins(self, make_auth, client_of):
        auth = make_auth(rate_limit_logins_per_account="2/15 minutes")
        for n in range(9):
            assert (await client_of(auth, f"198.51.100.{n}").login(password="guess")).status_code == 401

        assert (await client_of(auth).login()).status_code == 200


@pytest.mark.parametrize("setting", [{"sessions_per_member": 0}, {"sessions_per_member": 1001}])
def test_the_number_of_sessions_is_bounded_by_the_settings_too(settings, setting):
    with pytest.raises(ValueError, match="sessions_per_member"):
        type(settings).model_validate(settings.model_dump() | setting)
