"""A change of password ends every other session and replaces this one (ASVS 6.2.2, 6.2.3, 7.4.3)."""

from __future__ import annotations

import asyncio

import jwt
import pytest

NEW = "battery staple"


@pytest.fixture
def change(client):
    """Return a function that asks for the change with the access token of `tokens`."""

    async def change(tokens, current="correct horse", new=NEW):
        body = {"current_password": current, "new_password": new}
        return await client.post("/auth/password", tokens["access_token"], json=body)

    return change


async def statuses(client, *sessions):
    return [(await client.verify(tokens["access_token"])).status_code for tokens in sessions]


async def test_the_response_is_that_of_a_log_in(client, change):
    mine = await client.tokens()

    response = await change(mine)

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json().keys() == mine.keys()
    assert response.json()["member"] == mine["member"]
    assert await statuses(client, response.json()) == [200]


async def test_every_session_but_the_new_one_ends(client, change):
    mine, other = await client.tokens(), await client.tokens()

    new = (await change(mine)).json()

    assert await statuses(client, mine, other, new) == [401, 401, 200]
    assert (await client.refresh(mine["refresh_token"])).status_code == 401
    assert (await client.refresh(other["refresh_token"])).status_code == 401
    assert (await client.refresh(new["refresh_token"])).status_code == 200
    items = (await client.get("/auth/sessions", new["access_token"])).json()["items"]
    assert len(items) == 1


async def test_the_session_that_follows_has_an_id_of_its_own(client, change):
    mine = await client.tokens()

    new = (await change(mine)).json()

    first, second = (jwt.decode(t["access_token"], options={"verify_signature": False}) for t in (mine, new))
    assert first["sid"] != second["sid"]
    assert first["sub"] == second["sub"]


async def test_the_new_session_survives_that_member_ends_the_others(client, member, change, service_token):
    """Member calls auth while auth waits for it: the session that it keeps does not exist yet."""

    async def end(member_id, epoch, keep):
        path = f"/internal/members/{member_id}/sessions"
        response = await client.http.delete(path, params={"epoch": epoch, "except": keep}, headers=service_token)
        assert response.status_code == 204

    member.before_response_to_change = end
    mine = await client.tokens()

    new = (await change(mine)).json()

    assert await statuses(client, mine, new) == [401, 200]


async def test_a_log_in_under_way_with_the_old_password_opens_no_session(client, member, change):
    mine = await client.tokens()

    async def meanwhile():
        assert (await change(mine)).status_code == 200

    member.before_response_to_verify = meanwhile

    assert (await client.login()).status_code == 401


async def test_a_wrong_current_password_ends_nothing(client, change):
    mine, other = await client.tokens(), await client.tokens()

    response = await change(mine, current="wrong")

    assert (response.status_code, response.json()["code"]) == (422, "current-password-wrong")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert await statuses(client, mine, other) == [200, 200]


async def test_what_member_says_of_the_new_password_reaches_the_client(client, change):
    response = await change(await client.tokens(), new="short")

    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/new_password")


async def test_guesses_of_one_session_are_few(client, change):
    mine, other = await client.tokens(), await client.tokens()
    for _ in range(10):
        assert (await change(mine, current="guess")).status_code == 422

    response = await change(mine)

    assert (response.status_code, response.json()["code"]) == (429, "too-many-attempts")
    assert int(response.headers["Retry-After"]) > 0
    assert (await change(other)).status_code == 200


async def test_parallel_guesses_are_counted_too(client, change):
    mine = await client.tokens()

    responses = await asyncio.gather(*(change(mine, current=f"guess {number}") for number in range(30)))

    assert sorted(response.status_code for response in responses) == [422] * 10 + [429] * 20


async def test_an_unfit_new_password_is_no_guess(client, change):
    mine = await client.tokens()
    for _ in range(12):
        assert (await change(mine, new="short")).status_code == 422

    assert (await change(mine)).status_code == 200


async def test_without_member_nothing_is_done_and_no_guess_is_counted(client, member, change):
    mine = await client.tokens()
    member.away = True
    for _ in range(12):
        assert (await change(mine)).status_code == 503
    member.away = False

    assert await statuses(client, mine) == [200]
    assert (await change(mine)).status_code == 200


@pytest.mark.parametrize("body", [{}, {"current_password": "x"}, {"current_password": "x", "new_password": 1}])
async def test_a_body_that_does_not_fit_is_refused(client, body):
    mine = await client.tokens()

    assert (await client.post("/auth/password", mine["access_token"], json=body)).status_code == 422


async def test_nobody_without_a_session_changes_a_password(client, change):
    mine = await client.tokens()
    await client.post("/auth/logout", mine["access_token"])

    assert (await change(mine)).status_code == 401


async def test_the_log_tells_the_event_and_no_password(client, change, logs):
    mine = await client.tokens()

    await change(mine, current="hunter22")
    await change(mine)

    logged = [entry["event"] for entry in logs if entry["event"].startswith("password_")]
    assert logged == ["password_change_refused", "password_changed"]
    assert not {"hunter22", "correct horse", NEW} & set(str(logs).split("'"))
