"""Ending sessions: one, some, all; by their member and by member's service."""

from __future__ import annotations

import asyncio
import time

import jwt
import pytest

from platform_common.tokens.service import ServiceTokenIssuer


def sid(tokens):
    return jwt.decode(tokens["access_token"], options={"verify_signature": False})["sid"]


async def alive(client, *sessions):
    return [(await client.verify(tokens["access_token"])).status_code == 200 for tokens in sessions]


async def test_each_log_in_opens_a_session_of_its_own(client):
    assert sid(await client.tokens()) != sid(await client.tokens())


async def test_log_out_ends_this_session_alone(client):
    mine, other = await client.tokens(), await client.tokens()

    response = await client.post("/auth/logout", mine["access_token"])

    assert (response.status_code, response.content) == (204, b"")
    assert await alive(client, mine, other) == [False, True]


async def test_after_log_out_no_replica_accepts_the_session(client, make_auth, client_of):
    replicas = [client_of(make_auth()) for _ in range(3)]
    mine = await client.tokens()
    for replica in replicas:
        assert await alive(replica, mine) == [True]

    await client.post("/auth/logout", mine["access_token"])

    for replica in replicas:
        assert await alive(replica, mine) == [False]


async def test_log_out_twice_is_401(client):
    mine = await client.tokens()
    await client.post("/auth/logout", mine["access_token"])

    response = await client.post("/auth/logout", mine["access_token"])

    assert response.status_code == 401
    assert response.json()["code"] == "access-token-invalid"


async def test_log_out_everywhere_ends_every_session_of_the_member_alone(client, member):
    member.add("eve@example.com")
    mine, also_mine, theirs = await client.tokens(), await client.tokens(), await client.tokens("eve@example.com")

    assert (await client.post("/auth/logout-all", mine["access_token"])).status_code == 204

    assert await alive(client, mine, also_mine, theirs) == [False, False, True]
    assert (await client.refresh(also_mine["refresh_token"])).status_code == 401


async def test_a_member_sees_its_own_sessions(client, member, clock):
    member.add("eve@example.com")
    await client.tokens("eve@example.com")
    older = await client.tokens()
    clock.advance(60)
    mine = (await client.login(headers={"User-Agent": "Browser/1.0"})).json()

    response = await client.get("/auth/sessions", mine["access_token"])

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    newest, oldest = response.json()["items"]
    assert (newest["id"], newest["current"]) == (sid(mine), True)
    assert (oldest["id"], oldest["current"]) == (sid(older), False)
    assert newest["user_agent"] == "Browser/1.0"
    assert newest["address"] == "203.0.113.9"
    assert newest["created_at"] == newest["renewed_at"] > oldest["created_at"]
    assert newest["created_at"].endswith("Z")


async def test_ended_sessions_are_not_listed(client, store):
    ended, lapsed, mine = await client.tokens(), await client.tokens(), await client.tokens()
    await client.post("/auth/logout", ended["access_token"])
    await store.delete(f"auth:session:{sid(lapsed)}")

    items = (await client.get("/auth/sessions", mine["access_token"])).json()["items"]

    assert [item["id"] for item in items] == [sid(mine)]


async def test_sessions_support_head(client):
    mine = await client.tokens()

    response = await client.http.head("/auth/sessions", headers={"Authorization": f"Bearer {mine['access_token']}"})

    assert (response.status_code, response.content) == (200, b"")


async def test_a_member_ends_one_of_its_sessions(client):
    mine, lost = await client.tokens(), await client.tokens()

    assert (await client.delete(f"/auth/sessions/{sid(lost)}", mine["access_token"])).status_code == 204

    assert await alive(client, mine, lost) == [True, False]
    assert (await client.delete(f"/auth/sessions/{sid(lost)}", mine["access_token"])).status_code == 404


@pytest.mark.parametrize("target", ["theirs", "unknown", "x" * 300, "..%2f..", "%00"])
async def test_nobody_elses_session_can_be_ended(client, member, target):
    member.add("eve@example.com")
    mine, theirs = await client.tokens(), await client.tokens("eve@example.com")
    target = sid(theirs) if target == "theirs" else target

    response = await client.delete(f"/auth/sessions/{target}", mine["access_token"])

    assert response.status_code == 404
    assert await alive(client, mine, theirs) == [True, True]


ACCOUNT_PATHS = [
    ("POST", "/auth/logout"),
    ("POST", "/auth/logout-all"),
    ("GET", "/auth/sessions"),
    ("DELETE", "/auth/sessions/x"),
]


@pytest.mark.parametrize(("method", "path"), ACCOUNT_PATHS)
async def test_account_paths_take_a_live_access_token_alone(client, method, path):
    tokens = await client.tokens()
    ended = await client.tokens()
    await client.post("/auth/logout", ended["access_token"])
    claims = {"X-Auth-Subject": tokens["member"]["id"], "X-Auth-Session": sid(tokens), "X-Auth-Roles": "admin"}
    good = f"Bearer {tokens['access_token']}"
    for headers in (
        {},
        claims,
        {"Cookie": f"__Host-access={tokens['access_token']}"},
        {"Authorization": "Bearer x"},
        {"Authorization": f"Basic {tokens['access_token']}"},
        {"Authorization": f"Bearer {ended['access_token']}"},
        {"Authorization": f"Bearer {tokens['refresh_token']}"},
        [("Authorization", good), ("Authorization", good)],
    ):
        response = await client.http.request(method, path, headers=headers)
        assert response.status_code == 401, headers
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert await alive(client, tokens) == [True]


class TestMemberEndsSessions:
    def end(self, client, headers, member_id="0198-0", query="?epoch=1"):
        return client.http.delete(f"/internal/members/{member_id}/sessions{query}", headers=headers)

    async def test_every_session_of_the_member_ends(self, client, member, service_token):
        member.add("eve@example.com")
        mine, also_mine, theirs = await client.tokens(), await client.tokens(), await client.tokens("eve@example.com")

        response = await self.end(client, service_token)

        assert (response.status_code, response.content) == (204, b"")
        assert await alive(client, mine, also_mine, theirs) == [False, False, True]

    async def test_it_can_be_repeated_and_come_for_a_member_without_sessions(self, client, service_token):
        for member_id in ("0198-0", "0198-0", "0198-unknown"):
            assert (await self.end(client, service_token, member_id)).status_code == 204

    async def test_one_session_can_be_kept(self, client, service_token):
        kept, ended = await client.tokens(), await client.tokens()

        await self.end(client, service_token, query=f"?except={sid(kept)}")

        assert await alive(client, kept, ended) == [True, False]
        again = await client.tokens()
        assert await alive(client, again) == [True]

    async def test_a_log_in_verified_before_the_end_opens_no_session(self, client, member, service_token):
        account = member.accounts["ada@example.com"]

        async def suspend():
            account["suspended"], account["epoch"] = True, 1
            assert (await self.end(client, service_token)).status_code == 204

        member.before_response_to_verify = suspend

        response = await client.login()

        assert response.status_code == 401
        assert response.json()["code"] == "credentials-invalid"

    async def test_a_log_in_overtaken_by_a_change_of_roles_gets_the_new_ones(self, client, member, service_token):
        account = member.accounts["ada@example.com"]

        async def promote():
            account["member"] = account["member"] | {"roles": ["admin"]}
            account["epoch"] = 1
            await self.end(client, service_token)

        member.before_response_to_verify = promote

        tokens = await client.tokens()

        assert (await client.verify(tokens["access_token"], "?role=admin")).status_code == 200

    async def test_an_overtaken_log_in_leaves_nothing_in_the_store(self, client, member, service_token, store):
        account = member.accounts["ada@example.com"]

        async def suspend():
            account["suspended"], account["epoch"] = True, 1
            await self.end(client, service_token)

        member.before_response_to_verify = suspend
        await client.login()

        assert await store.keys("auth:[^l]*") == ["auth:member:{0198-0}:epoch"]

    async def test_an_older_epoch_does_not_lower_the_fence(self, client, member, service_token):
        account = member.accounts["ada@example.com"]
        await self.end(client, service_token, query="?epoch=5")
        await self.end(client, service_token, query="?epoch=2")
        account["epoch"] = 4

        refused = await client.login()
        assert (refused.status_code, refused.json()["code"]) == (409, "login-superseded")
        account["epoch"] = 5
        assert (await client.login()).status_code == 200

    async def test_log_ins_racing_with_the_end_leave_no_session_of_an_older_epoch(
        self, client, member, service_token, store
    ):
        account = member.accounts["ada@example.com"]

        async def suspend():
            account["suspended"], account["epoch"] = True, 1
            return await self.end(client, service_token)

        results = await asyncio.gather(
            *(client.login() for _ in range(5)), suspend(), *(client.login() for _ in range(4))
        )

        assert results[5].status_code == 204
        for response in results:
            if response.status_code == 200:
                assert await alive(client, response.json()) == [False]
        assert not await store.keys("auth:session:*")

    @pytest.mark.parametrize("query", ["?epoch=-1", "?epoch=x", "?epoch=99999999999999999999"])
    async def test_a_nonsensical_epoch_is_refused(self, client, service_token, query):
        assert (await self.end(client, service_token, query=query)).status_code == 422

    async def test_only_members_service_may_ask(self, client):
        tokens = await client.tokens()
        key = "a service-token key of more than thirty-two bytes"
        strangers = [
            None,
            f"Bearer {tokens['access_token']}",
            f"Bearer {ServiceTokenIssuer('member', key).token_for('member')}",
            f"Bearer {ServiceTokenIssuer('web', key).token_for('auth')}",
            f"Bearer {ServiceTokenIssuer('member', key[::-1]).token_for('auth')}",
        ]
        for authorization in strangers:
            headers = {"Authorization": authorization} if authorization else {}
            assert (await self.end(client, headers)).status_code == 401
        assert await alive(client, tokens) == [True]


async def test_an_end_that_died_half_way_can_be_repeated(client, service_token, store):
    """The records go before the list: what is still listed is ended by the repeat."""
    first, second = await client.tokens(), await client.tokens()
    await store.delete(f"auth:session:{sid(first)}")

    response = await client.http.delete("/internal/members/0198-0/sessions?epoch=1", headers=service_token)

    assert response.status_code == 204
    assert await alive(client, first, second) == [False, False]
    assert not await store.exists("auth:member:{0198-0}:sessions")


async def test_a_burst_on_a_busy_machine_is_not_taken_for_an_absent_store(client):
    mine = await client.tokens()

    async def have_no_core_for_a_while():
        for _ in range(3):  # by then the connections are being made
            await asyncio.sleep(0)
        time.sleep(1.5)  # noqa: ASYNC251  the loop is to stand still

    requests = (client.get("/auth/sessions", mine["access_token"]) for _ in range(20))
    answers = await asyncio.gather(*requests, have_no_core_for_a_while())

    assert [response.status_code for response in answers[:-1]] == [200] * 20
