"""`/internal/credentials/change`: a new password, for who knows the current one."""

from __future__ import annotations

import asyncio

import pytest
from passlib.hash import argon2

CHANGE = "/internal/credentials/change"
VERIFY = "/internal/credentials/verify"
NEW = "another morning by the lake"


@pytest.fixture
def change(client, service, ann):
    """Return a function that asks for a change of ann's password; what is wrong with it is said by `given`."""

    async def change(**given):
        body = {
            "member_id": ann.id,
            "current_password": ann.password,
            "new_password": NEW,
            "keep_session": "s-new",
        }
        return await client.post(CHANGE, json=body | given, headers=service())

    return change


async def test_the_new_password_takes_the_place_of_the_current_one(client, service, ann, change):
    response = await change()

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert (response.json()["member"]["id"], response.json()["session_epoch"]) == (ann.id, 2)
    for password, status in ((NEW, 200), (ann.password, 401)):
        presented = {"email": ann.email, "password": password}
        assert (await client.post(VERIFY, json=presented, headers=service())).status_code == status


async def test_auth_ends_the_other_sessions_before_the_response(auth, ann, change):
    await change()

    assert auth.ended == [(ann.id, 2)]
    assert auth.requests[-1].url.params["except"] == "s-new"


async def test_without_auth_the_change_holds_and_the_sessions_end_later(auth, ann, database, services, change):
    auth.away = True

    response = await change()

    assert (response.status_code, response.json()["session_epoch"]) == (202, 2)
    auth.away = False
    database.run("UPDATE outbox_deliveries SET next_attempt_at = now() WHERE delivered_at IS NULL")
    await services.outbox.deliver_due()
    assert auth.ended == [(ann.id, 2)]
    assert auth.requests[-1].url.params["except"] == "s-new"


async def test_the_members_version_stays(client, ann, change):
    await change()

    assert (await client.get(ann.path, headers=ann.headers)).headers["etag"] == '"1"'


@pytest.mark.parametrize("current", ["wrong", "", "x" * 1000])
async def test_a_wrong_current_password_changes_nothing(auth, database, change, password_hash, current):
    response = await change(current_password=current)

    assert (response.status_code, response.json()["code"]) == (422, "current-password-wrong")
    assert response.json()["errors"][0]["pointer"] == "/current_password"
    assert database.one("SELECT password_hash FROM members") == password_hash
    assert auth.ended == []


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("seven77", "password-too-short"),
        ("x" * 257, "password-too-long"),
        ("Password123", "password-common"),
        ("ann@Example1", "password-context"),
        ("a quiet morning by the lake", "password-unchanged"),
    ],
)
async def test_a_new_password_that_does_not_do_is_named(database, change, password_hash, new, code):
    response = await change(new_password=new)

    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/new_password", code)
    assert database.one("SELECT password_hash FROM members") == password_hash


async def test_a_guesser_learns_nothing_of_the_policy_first(change):
    """The current password is judged before the new one."""
    response = await change(current_password="wrong", new_password="Password123")

    assert response.json()["code"] == "current-password-wrong"


async def test_nobody_s_password_is_as_wrong_as_a_wrong_one(change):
    response = await change(member_id="00000000-0000-7000-8000-000000000000")

    assert (response.status_code, response.json()["code"]) == (422, "current-password-wrong")


async def test_of_parallel_changes_one_holds(database, change):
    passwords = [f"a morning of number {number}" for number in range(5)]

    responses = await asyncio.gather(*(change(new_password=password) for password in passwords))

    statuses = [response.status_code for response in responses]
    assert sorted(statuses) == [200, 422, 422, 422, 422]
    assert argon2.verify(passwords[statuses.index(200)], database.one("SELECT password_hash FROM members"))
    assert database.one("SELECT session_epoch FROM members") == 2
