"""Suspension, deletion and a change of roles end the member's sessions before they are answered; or later, surely."""

from __future__ import annotations

import asyncio

import pytest

from platform_database.idempotency import store as idempotency_store
from platform_database.outbox.service import LAST_DELAY
from platform_member.outbox.auth_sessions import AuthSessions
from platform_member.outbox.shop_erasure import ShopErasure
from platform_member.outbox.topics import SUBSCRIPTIONS

PENDING = "SELECT count(*) FROM outbox_deliveries WHERE delivered_at IS NULL"
# What ends sessions: method, path, body, and the responses when auth is there and when it is unavailable.
ENDINGS = [
    pytest.param("PATCH", "/api/members/{id}", {"status": "suspended"}, 200, id="suspension"),
    pytest.param("PATCH", "/api/members/{id}", {"roles": ["support"]}, 200, id="roles"),
    pytest.param("DELETE", "/api/members/{id}", None, 204, id="deletion"),
    pytest.param("POST", "/api/admin/members/{id}/suspend", None, 200, id="administrator's suspension"),
    pytest.param("PUT", "/api/admin/members/{id}/roles", {"roles": []}, 200, id="administrator's roles"),
]


@pytest.fixture
def make_due(database):
    """Return a function that lets every lease and every wait pass."""
    return lambda: database.run("UPDATE outbox_deliveries SET next_attempt_at = now() WHERE delivered_at IS NULL")


@pytest.mark.parametrize(("method", "path", "body", "status"), ENDINGS)
async def test_sessions_have_ended_when_the_response_comes(
    client, auth, admin, ann, database, method, path, body, status
):
    response = await client.request(method, path.format(id=ann.id), headers=admin.headers, json=body)

    assert response.status_code == status
    assert auth.ended == [(ann.id, 2)]
    assert database.one(PENDING) == 0
    if method != "DELETE":
        assert database.one("SELECT session_epoch FROM members WHERE id = %s", ann.id) == 2


@pytest.mark.parametrize(("method", "path", "body", "status"), ENDINGS)
@pytest.mark.parametrize("fault", ["away", "broken"])
async def test_without_auth_the_change_holds_and_is_delivered_later(
    client, auth, admin, ann, database, services, make_due, method, path, body, status, fault
):
    auth.away, auth.status = fault == "away", 500

    response = await client.request(method, path.format(id=ann.id), headers=admin.headers, json=body)

    assert response.status_code == 202
    assert response.headers["cache-control"] == "no-store"
    if status == 200:
        assert response.json()["version"] == 2
    reading = await client.get(ann.path, headers=admin.headers)
    assert reading.status_code == (404 if method == "DELETE" else 200)
    assert database.one(PENDING) == 1

    auth.away, auth.status = False, 204
    make_due()
    assert await services.outbox.deliver_due() == 1
    assert auth.ended == [(ann.id, 2)]
    assert database.one(PENDING) == 0
    assert await services.outbox.deliver_due() == 0


async def test_auth_is_asked_with_a_service_token_and_the_requests_id(client, auth, admin, ann):
    await client.delete(ann.path, headers=admin.headers | {"X-Request-ID": "request-12345"})

    (request,) = auth.requests
    assert request.method == "DELETE"
    assert request.headers["authorization"].startswith("Bearer ")
    assert request.headers["x-request-id"] == "request-12345"


@pytest.mark.parametrize("body", [{"status": "active"}, {"roles": ["member"]}, {"display_name": "Anna"}])
async def test_other_changes_end_no_session(client, auth, admin, ann, body):
    assert (await client.patch(ann.path, headers=admin.headers, json=body)).status_code == 200

    assert auth.requests == []


async def test_the_change_is_committed_before_auth_is_asked(client, auth, admin, ann, database):
    """A log-in that auth checks meanwhile must already see the suspension."""
    seen = []

    async def look() -> None:
        seen.append(database.one("SELECT status FROM members WHERE id = %s", ann.id))

    auth.before_answer = look
    await client.patch(ann.path, headers=admin.headers, json={"status": "suspended"})

    assert seen == ["suspended"]


async def test_a_suspended_member_cannot_log_in_until_it_is_reinstated(client, admin, ann, service):
    presented = {"email": ann.email, "password": ann.password}
    verify = "/internal/credentials/verify"

    await client.post(f"/api/admin/members/{ann.id}/suspend", headers=admin.headers)
    assert (await client.post(verify, json=presented, headers=service())).status_code == 401
    assert (await client.get(ann.path, headers=ann.headers)).status_code == 401

    await client.post(f"/api/admin/members/{ann.id}/reinstate", headers=admin.headers)
    response = await client.post(verify, json=presented, headers=service())
    assert (response.status_code, response.json()["session_epoch"]) == (200, 2)


async def test_a_rolled_back_change_leaves_no_event(client, auth, admin, ann, bob, database):
    body = {"status": "suspended", "email": bob.email}

    assert (await client.patch(ann.path, headers=admin.headers, json=body)).status_code == 409

    assert database.one("SELECT count(*) FROM outbox_events") == 0
    assert auth.requests == []


async def test_a_repeat_of_an_accepted_change_is_accepted_again(client, auth, admin, ann):
    auth.away = True
    headers = admin.headers | {"X-Idempotency-Key": "key-1"}
    first = await client.patch(ann.path, headers=headers, json={"status": "suspended"})
    auth.away = False

    again = await client.patch(ann.path, headers=headers, json={"status": "suspended"})

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.content == first.content
    assert auth.ended == []


async def test_a_repeat_of_a_completed_change_is_complete(client, auth, admin, ann):
    headers = admin.headers | {"X-Idempotency-Key": "key-1"}

    first, again = [await client.patch(ann.path, headers=headers, json={"roles": []}) for _ in range(2)]

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(auth.ended) == 1


async def test_a_repeat_during_the_delivery_gets_the_same_response_as_the_first(client, auth, admin, ann):
    """Between commit and delivery nobody knows yet whether it becomes 200 or 202: the repeat waits."""
    headers = admin.headers | {"X-Idempotency-Key": "key-1"}
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        asked.set()
        await go_on.wait()

    auth.before_answer = wait
    first = asyncio.create_task(client.patch(ann.path, headers=headers, json={"roles": []}))
    await asked.wait()
    second = asyncio.create_task(client.patch(ann.path, headers=headers, json={"roles": []}))
    await asyncio.wait([second], timeout=0.2)
    assert not second.done()
    go_on.set()

    assert ((await first).status_code, (await second).status_code) == (200, 200)
    assert (await second).headers["idempotent-replayed"] == "true"


async def test_a_repeat_does_not_wait_for_ever_for_a_delivery(client, auth, admin, ann, monkeypatch):
    monkeypatch.setattr(idempotency_store, "SETTLE_WAIT", 0.1)
    headers = admin.headers | {"X-Idempotency-Key": "key-1"}
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        asked.set()
        await go_on.wait()

    auth.before_answer = wait
    first = asyncio.create_task(client.patch(ann.path, headers=headers, json={"roles": []}))
    await asked.wait()

    second = await client.patch(ann.path, headers=headers, json={"roles": []})
    go_on.set()

    assert (second.status_code, second.json()["code"]) == (409, "idempotency-in-flight")
    assert (await first).status_code == 200


async def test_a_death_during_the_delivery_leaves_an_accepted_change_that_is_delivered(
    client, auth, admin, ann, services, database, make_due
):
    """The process dies after the commit: another finds the event, and a repeat the response that was promised."""
    headers = admin.headers | {"X-Idempotency-Key": "key-1"}

    async def die() -> None:
        raise RuntimeError("the process was killed here")

    auth.before_answer = die
    assert (await client.patch(ann.path, headers=headers, json={"roles": []})).status_code == 500
    auth.before_answer = None
    database.run("UPDATE idempotency_records SET settles_at = now()")

    again = await client.patch(ann.path, headers=headers, json={"roles": []})
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    assert await services.outbox.deliver_due() == 0  # leased to the process that died
    make_due()
    assert await services.outbox.deliver_due() == 1
    assert auth.ended == [(ann.id, 2)]


async def test_a_response_that_settles_too_late_stays_as_it_was_repeated(client, auth, admin, ann, database):
    headers = admin.headers | {"X-Idempotency-Key": "key-1"}
    repeats = []

    async def repeat_after_the_time_has_passed() -> None:
        auth.before_answer = None
        database.run("UPDATE idempotency_records SET settles_at = now()")
        repeats.append(await client.patch(ann.path, headers=headers, json={"roles": []}))

    auth.before_answer = repeat_after_the_time_has_passed
    first = await client.patch(ann.path, headers=headers, json={"roles": []})

    assert [response.status_code for response in repeats] == [202]
    assert first.status_code == 202
    assert database.one(PENDING) == 0


async def test_failed_deliveries_wait_longer_each_time_and_never_stop(
    client, auth, admin, ann, services, database, make_due
):
    auth.away = True
    await client.delete(ann.path, headers=admin.headers)
    waits = []

    for _ in range(12):
        waits.append(database.one("SELECT extract(epoch FROM next_attempt_at - now())::float8 FROM outbox_deliveries"))
        assert await services.outbox.deliver_due() == 0  # not due yet
        make_due()
        assert await services.outbox.deliver_due() == 1

    assert waits[0] <= 1
    assert waits[0] < waits[2] < waits[4]
    assert LAST_DELAY / 2 - 1 <= waits[-1] <= LAST_DELAY
    assert database.one("SELECT attempts FROM outbox_deliveries") == 13


async def test_replicas_share_the_deliveries(settings, start, auth, admin, make_member, connect, make_due):
    replicas = [await start(settings) for _ in range(2)]
    client = await connect(replicas[0])
    auth.away = True
    gone = [make_member(f"member-{number}") for number in range(6)]
    for member in gone:
        await client.delete(member.path, headers=admin.headers)
    auth.away = False
    make_due()

    await asyncio.gather(*(replica.state.services.outbox.deliver_due() for replica in replicas))

    assert sorted(auth.ended) == sorted((member.id, 2) for member in gone)


async def test_a_running_service_delivers_by_itself(make_settings, start, connect, auth, admin, ann, database):
    client = await connect(await start(make_settings(outbox_poll_interval_seconds=0.05)))
    auth.away = True
    await client.delete(ann.path, headers=admin.headers)
    auth.away = False
    database.run("UPDATE outbox_deliveries SET next_attempt_at = now()")

    async with asyncio.timeout(10):
        while database.one(PENDING):  # noqa: ASYNC110 (a row has no event)
            await asyncio.sleep(0.02)
    assert auth.ended == [(ann.id, 2)]


async def test_auth_that_hangs_does_not_hold_up_the_response(client, auth, admin, ann, monkeypatch):
    monkeypatch.setattr("platform_database.outbox.service.ATTEMPT_TIMEOUT", 0.1)
    auth.before_answer = asyncio.Event().wait

    assert (await client.delete(ann.path, headers=admin.headers)).status_code == 202


async def test_old_events_are_purged_but_deletions_last(client, admin, ann, bob, services, database, auth):
    await client.patch(ann.path, headers=admin.headers, json={"roles": []})
    auth.away = True
    await client.patch(bob.path, headers=admin.headers, json={"roles": []})
    auth.away = False
    await client.delete(ann.path, headers=admin.headers)
    database.run("UPDATE outbox_events SET created_at = now() - interval '8 days'")

    assert await services.outbox.purge() == 1

    kept = database.run("SELECT topic, payload->>'member_id' AS id FROM outbox_events ORDER BY topic")
    assert kept == [{"topic": "member.deleted", "id": ann.id}, {"topic": "member.roles-changed", "id": bob.id}]


async def test_events_hold_nothing_personal(client, admin, ann, database):
    await client.delete(ann.path, headers=admin.headers)

    assert database.one("SELECT payload FROM outbox_events") == {"member_id": ann.id, "session_epoch": 2}


class TestLastAdministrator:
    """Someone must be left to administer the platform."""

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("PATCH", "/api/members/{id}", {"status": "suspended"}),
            ("PATCH", "/api/members/{id}", {"roles": ["member"]}),
            ("DELETE", "/api/members/{id}", None),
            ("POST", "/api/admin/members/{id}/suspend", None),
            ("PUT", "/api/admin/members/{id}/roles", {"roles": []}),
        ],
    )
    async def test_the_last_one_cannot_go(self, client, auth, admin, make_member, database, method, path, body):
        make_member("suspended-admin", "admin", status="suspended")

        response = await client.request(method, path.format(id=admin.id), headers=admin.headers, json=body)

        assert (response.status_code, response.json()["code"]) == (409, "last-administrator")
        assert auth.requests == []
        assert database.one("SELECT version FROM members WHERE id = %s", admin.id) == 1

    async def test_one_of_two_can(self, client, admin, make_member):
        make_member("second", "admin")

        assert (await client.delete(admin.path, headers=admin.headers)).status_code == 204

    async def test_two_that_take_each_others_role_do_not_both_succeed(self, client, admin, make_member):
        second = make_member("second", "admin")

        responses = await asyncio.gather(
            client.patch(second.path, headers=admin.headers, json={"roles": ["member"]}),
            client.patch(admin.path, headers=second.headers, json={"roles": ["member"]}),
        )

        statuses = sorted(response.status_code for response in responses)
        # The second one may already have lost the role that it acts by.
        assert statuses in ([200, 401], [200, 403], [200, 409])

    async def test_an_administrator_may_change_its_name(self, client, admin):
        response = await client.patch(admin.path, headers=admin.headers, json={"display_name": "Chief"})

        assert response.status_code == 200


def test_the_consumers_are_those_that_are_subscribed():
    assert {one.consumer for one in SUBSCRIPTIONS} == {AuthSessions.name, ShopErasure.name}
