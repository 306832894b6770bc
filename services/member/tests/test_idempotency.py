"""Keyed writes: one effect, one response, whatever happens in between."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from sqlalchemy.ext.asyncio import AsyncSession


def keyed(someone, key="key-1", header="X-Idempotency-Key"):
    return someone.headers | {header: key}


def claim(key="key-1", scope="198.51.100.7", fingerprint="f1"):
    return {"idempotency": {"key": key, "scope": scope, "fingerprint": fingerprint}}


async def test_a_repeat_gets_the_first_response_byte_for_byte(client, admin, registration, database):
    first = await client.post("/api/members", headers=keyed(admin), json=registration())
    again = await client.post("/api/members", headers=keyed(admin), json=registration())

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for name in ("location", "etag", "content-type", "cache-control"):
        assert again.headers[name] == first.headers[name]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert database.one("SELECT count(*) FROM members") == 2


async def test_a_repeated_change_is_replayed_as_then_although_the_member_moved_on(client, ann):
    headers = keyed(ann) | {"If-Match": '"1"'}
    first = await client.patch(ann.path, headers=headers, json={"display_name": "Anna"})
    await client.patch(ann.path, headers=ann.headers, json={"display_name": "Annabel"})

    again = await client.patch(ann.path, headers=headers, json={"display_name": "Anna"})

    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.content, again.headers["etag"]) == (first.content, '"2"')
    assert (await client.get(ann.path, headers=ann.headers)).json()["display_name"] == "Annabel"


async def test_a_repeated_replacement_is_replayed(client, ann):
    headers = keyed(ann) | {"If-Match": '"1"'}
    body = {"email": ann.email, "display_name": "Anna", "locale": "ko"}

    first, again = [await client.put(ann.path, headers=headers, json=body) for _ in range(2)]

    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/admin/members/{id}/suspend", None),
        ("POST", "/api/admin/members/{id}/reinstate", None),
        ("PUT", "/api/admin/members/{id}/roles", {"roles": ["support"]}),
    ],
)
async def test_administration_is_replayed_as_well(client, admin, ann, method, path, body):
    path = path.format(id=ann.id)

    first, again = [await client.request(method, path, headers=keyed(admin), json=body) for _ in range(2)]

    assert (again.status_code, again.content) == (first.status_code, first.content) == (200, again.content)
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("claimed", [["admin", "member"], ["member"]])
async def test_who_lost_the_role_gets_no_replay(client, admin, registration, database, make_token, claimed):
    """The caller is authorized before the record is looked up, by the token and by the database."""
    first = await client.post("/api/members", headers=keyed(admin), json=registration())
    database.run("UPDATE members SET roles = '{member}' WHERE id = %s", admin.id)
    token = make_token(sub=admin.id, roles=claimed)
    headers = {"Authorization": f"Bearer {token}", "X-Idempotency-Key": "key-1"}

    again = await client.post("/api/members", headers=headers, json=registration())

    assert (first.status_code, again.status_code) == (201, 403)


@pytest.mark.parametrize(
    ("header", "value"),
    [("Idempotency-Key", '"key-1"'), ("Idempotency-Key", "key-1"), ("X-Idempotency-Key", "key-1")],
)
async def test_a_key_is_the_same_under_either_header(client, ann, header, value):
    await client.patch(ann.path, headers=keyed(ann), json={"display_name": "Anna"})

    again = await client.patch(ann.path, headers=ann.headers | {header: value}, json={"display_name": "Anna"})

    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "k" * 256, "k\u00e9".encode(), "tab\tinside"])
async def test_a_malformed_key_is_refused_and_nothing_done(client, ann, key):
    headers = ann.headers | {"X-Idempotency-Key": key}

    response = await client.patch(ann.path, headers=headers, json={"display_name": "Anna"})

    assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-invalid")
    assert (await client.get(ann.path, headers=ann.headers)).json()["version"] == 1


@pytest.mark.parametrize(
    ("method", "query", "headers", "body"),
    [
        ("PATCH", "", {}, b'{"display_name": "Berta"}'),
        ("PATCH", "?a=1", {}, b'{"display_name": "Anna"}'),
        ("PATCH", "", {"Content-Type": "application/merge-patch+json"}, b'{"display_name": "Anna"}'),
        ("PUT", "", {"If-Match": "*"}, b'{"email": "ann@example.com", "display_name": "Anna", "locale": "en"}'),
    ],
)
async def test_another_request_under_the_key_is_refused(client, ann, method, query, headers, body):
    json = {"Content-Type": "application/json"}
    await client.patch(ann.path, headers=keyed(ann) | json, content=b'{"display_name": "Anna"}')

    response = await client.request(method, ann.path + query, headers=keyed(ann) | json | headers, content=body)

    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
    assert (await client.get(ann.path, headers=ann.headers)).json()["version"] == 2


async def test_the_same_request_to_another_member_is_another_request(client, admin, ann, bob):
    await client.patch(ann.path, headers=keyed(admin), json={"locale": "ko"})

    response = await client.patch(bob.path, headers=keyed(admin), json={"locale": "ko"})

    assert response.json()["code"] == "idempotency-key-reused"


async def test_two_callers_never_share_a_key(client, ann, bob):
    first = await client.patch("/api/members/me", headers=keyed(ann), json={"locale": "ko"})
    other = await client.patch("/api/members/me", headers=keyed(bob), json={"locale": "ko"})

    assert first.json()["id"] == ann.id
    assert (other.json()["id"], "idempotent-replayed" in other.headers) == (bob.id, False)


async def test_failures_are_not_recorded(client, ann, bob, database):
    for body in ({"email": bob.email}, {"locale": "nonsense"}, {"roles": ["admin"]}):
        response = await client.patch(ann.path, headers=keyed(ann), json=body)
        assert response.status_code >= 400
    stale = await client.patch(ann.path, headers=keyed(ann) | {"If-Match": '"9"'}, json={"locale": "ko"})

    assert stale.status_code == 412
    assert database.one("SELECT count(*) FROM idempotency_records") == 0
    assert (await client.patch(ann.path, headers=keyed(ann), json={"locale": "ko"})).status_code == 200


async def test_parallel_identical_posts_make_one_member(client, admin, registration, database):
    posts = (client.post("/api/members", headers=keyed(admin), json=registration()) for _ in range(100))

    responses = await asyncio.gather(*posts)

    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    assert sum("idempotent-replayed" not in response.headers for response in responses) == 1
    assert database.one("SELECT count(*) FROM members WHERE email = 'new@example.com'") == 1


async def test_replicas_share_the_ledger(settings, start, connect, admin, registration, database):
    clients = [await connect(await start(settings)) for _ in range(2)]

    posts = (
        clients[n % 2].post("/api/members", headers=keyed(admin), json=registration()) for n in range(20)
    )  # fmt: skip
    responses = await asyncio.gather(*posts)

    assert len({response.content for response in responses}) == 1
    assert database.one("SELECT count(*) FROM members WHERE email = 'new@example.com'") == 1


async def test_a_repeat_does_not_wait_for_ever(make_settings, start, connect, ann, monkeypatch):
    """The first request hangs inside of its transaction; the second is asked to retry."""
    client = await connect(await start(make_settings(database_lock_timeout_seconds=0.2)))
    reached, go_on = asyncio.Event(), asyncio.Event()
    commit = AsyncSession.commit

    async def slow_commit(session: AsyncSession) -> None:
        reached.set()
        await go_on.wait()
        await commit(session)

    monkeypatch.setattr(AsyncSession, "commit", slow_commit)
    first = asyncio.create_task(client.patch(ann.path, headers=keyed(ann), json={"locale": "ko"}))
    await reached.wait()

    second = await client.patch(ann.path, headers=keyed(ann), json={"locale": "ko"})
    go_on.set()

    assert (second.status_code, second.json()["code"]) == (409, "idempotency-in-flight")
    assert second.headers["retry-after"] == "1"
    assert (await first).status_code == 200
    third = await client.patch(ann.path, headers=keyed(ann), json={"locale": "ko"})
    assert third.headers["idempotent-replayed"] == "true"


async def test_a_death_before_the_commit_leaves_nothing_and_the_repeat_does_it(
    client, admin, registration, database, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(AsyncSession, "commit", dies)
        assert (await client.post("/api/members", headers=keyed(admin), json=registration())).status_code == 500
    assert database.one("SELECT count(*) FROM members WHERE email = 'new@example.com'") == 0

    again = await client.post("/api/members", headers=keyed(admin), json=registration())

    assert (again.status_code, "idempotent-replayed" in again.headers) == (201, False)


async def test_a_death_between_commit_and_response_has_one_effect_and_the_repeat_learns_of_it(
    client, admin, registration, database, monkeypatch
):
    commit = AsyncSession.commit

    async def commits_and_dies(session: AsyncSession) -> None:
        await commit(session)
        await dies(session)

    with monkeypatch.context() as patch:
        patch.setattr(AsyncSession, "commit", commits_and_dies)
        assert (await client.post("/api/members", headers=keyed(admin), json=registration())).status_code == 500

    again = await client.post("/api/members", headers=keyed(admin), json=registration())

    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert database.one("SELECT count(*) FROM members WHERE email = 'new@example.com'") == 1


async def dies(_session: AsyncSession) -> None:
    raise RuntimeError("the process was killed here")


async def test_an_expired_record_counts_as_none(client, ann, database):
    await client.patch(ann.path, headers=keyed(ann), json={"locale": "ko"})
    database.run("UPDATE idempotency_records SET expires_at = now() - interval '1 second'")

    response = await client.patch(ann.path, headers=keyed(ann), json={"locale": "de"})

    assert (response.status_code, response.json()["locale"]) == (200, "de")
    assert "idempotent-replayed" not in response.headers
    again = await client.patch(ann.path, headers=keyed(ann), json={"locale": "de"})
    assert again.headers["idempotent-replayed"] == "true"


async def test_records_live_for_a_day(client, ann, database):
    await client.patch(ann.path, headers=keyed(ann), json={"locale": "ko"})

    assert database.one("SELECT expires_at - now() > interval '23 hours 59 minutes' FROM idempotency_records")
    assert database.one("SELECT expires_at - now() <= interval '24 hours' FROM idempotency_records")


async def test_the_ledger_holds_no_password_and_no_plain_hash_of_the_request(client, admin, database):
    body = b'{"email": "new@example.com", "password": "a quiet morning by the lake", "display_name": "New"}'
    headers = keyed(admin) | {"Content-Type": "application/json"}
    assert (await client.post("/api/members", headers=headers, content=body)).status_code == 201

    (row,) = database.run("SELECT * FROM idempotency_records")
    kept = " ".join(str(value) for value in row.values())
    assert "lake" not in kept
    assert "argon2" not in kept
    assert hashlib.sha256(body).hexdigest() not in kept


async def test_a_deleted_members_records_go_with_it(client, ann, bob, database):
    for someone in (ann, bob):
        await client.patch(someone.path, headers=keyed(someone), json={"locale": "ko"})

    await client.delete(ann.path, headers=ann.headers)

    assert [row["scope"] for row in database.run("SELECT scope FROM idempotency_records")] == [bob.id]


async def test_a_registration_is_repeated_without_a_second_effect(client, service, registration, database):
    body = registration() | claim()

    first, again = [await client.post("/internal/members", headers=service(), json=body) for _ in range(2)]

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert database.one("SELECT count(*) FROM members") == 1


async def test_parallel_registrations_under_one_key_make_one_member(client, service, registration, database):
    body = registration() | claim()

    responses = await asyncio.gather(
        *(client.post("/internal/members", headers=service(), json=body) for _ in range(100))
    )

    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    assert database.one("SELECT count(*) FROM members") == 1


async def test_another_registration_under_the_key_is_refused(client, service, registration):
    await client.post("/internal/members", headers=service(), json=registration() | claim())

    body = registration("other") | claim(fingerprint="f2")
    response = await client.post("/internal/members", headers=service(), json=body)

    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")


async def test_registrations_of_two_clients_never_share_a_key(client, service, registration):
    first = await client.post("/internal/members", headers=service(), json=registration("a") | claim(scope="a"))
    other = await client.post("/internal/members", headers=service(), json=registration("b") | claim(scope="b"))

    assert (first.status_code, other.status_code) == (201, 201)


async def test_a_registrations_scope_is_never_a_members_own(client, service, registration, ann):
    await client.patch(ann.path, headers=keyed(ann), json={"locale": "ko"})

    body = registration() | claim(scope=ann.id)
    response = await client.post("/internal/members", headers=service(), json=body)

    assert (response.status_code, "idempotent-replayed" in response.headers) == (201, False)
