"""`/internal`: registrations and credentials, for the platform's own services."""

from __future__ import annotations


async def test_a_registration_makes_a_member(client, service, registration):
    answer = await client.post("/internal/members", json=registration("New"), headers=service())

    member = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/members/{member['id']}"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "no-store"
    assert member.keys() == {
        "id", "email", "display_name", "locale", "roles", "status", "version", "created_at", "updated_at"
    }  # fmt: skip
    assert (member["email"], member["display_name"]) == ("new@example.com", "New")
    assert (member["locale"], member["roles"], member["status"]) == ("en", ["member"], "active")


async def test_right_credentials_give_the_member_and_its_epoch(client, service, ann):
    presented = {"email": ann.email.upper(), "password": ann.password}

    answer = await client.post("/internal/credentials/verify", json=presented, headers=service())

    assert answer.status_code == 200
    assert (answer.json()["member"]["id"], answer.json()["session_epoch"]) == (ann.id, 1)


async def test_a_member_reads_itself(client, ann):
    answer = await client.get("/api/members/me", headers=ann.headers)
    assert answer.status_code == 200


async def test_patch(client, ann):
    headers = ann.headers | {"X-Idempotency-Key": "k"}
    first = await client.patch("/api/members/me", headers=headers, json={"display_name": "Anna"})
    again = await client.patch("/api/members/me", headers=headers, json={"display_name": "Anna"})
    assert first.status_code == 200, first.text
    assert first.json()["version"] == 2
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
