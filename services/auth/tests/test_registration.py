"""Registration: member decides, auth passes on, and a repeat makes nothing twice."""

from __future__ import annotations

import asyncio
import json

import httpx2
import pytest

BODY = {"email": "new@example.com", "password": "correct horse", "display_name": "New"}


def register(client, body=None, key=None, **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if key is not None:
        sent["X-Idempotency-Key"] = key
    return client.http.post("/auth/register", json=body or BODY, headers=sent)


async def test_a_registration_gets_the_response_of_member(client, member):
    response = await register(client)

    assert response.status_code == 201
    assert response.json() == member.accounts["new@example.com"]["member"]
    assert response.headers["Location"] == f"/api/members/{response.json()['id']}"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Idempotent-Replayed" not in response.headers
    assert (await client.login("new@example.com")).status_code == 200


async def test_member_is_asked_with_a_service_token_and_no_more_than_the_body(client, member):
    await register(client, {**BODY, "locale": "ko"})

    (request,) = member.requests
    assert (request.method, request.url.path) == ("POST", "/internal/members")
    assert json.loads(request.content) == {**BODY, "locale": "ko"}


@pytest.mark.parametrize("extra", [{"roles": ["admin"]}, {"status": "active"}, {"idempotency": {"key": "x"}}])
async def test_nobody_registers_with_more_than_that(client, member, extra):
    response = await register(client, BODY | extra)

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == f"/{next(iter(extra))}"
    assert not member.requests


async def test_an_address_that_is_taken_is_reported(client):
    await register(client)

    response = await register(client)

    assert response.status_code == 409
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "email-taken"


async def test_members_findings_reach_the_client(client):
    response = await register(client, BODY | {"password": "short"})

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/password"


async def test_a_repeat_under_the_same_key_gets_the_first_response(client, member):
    first = await register(client, key="key-1")

    second = await register(client, key="key-1")

    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(member.accounts) == 2


async def test_parallel_repeats_make_one_account(client, member):
    answers = await asyncio.gather(*(register(client, key="key-1") for _ in range(20)))

    assert {response.status_code for response in answers} == {201}
    assert len({response.content for response in answers}) == 1
    assert len(member.accounts) == 2


async def test_the_fingerprint_is_no_plain_hash_of_the_body(client, member):
    await register(client, key="key-1")

    claim = json.loads(member.requests[0].content)["idempotency"]
    assert claim.keys() == {"key", "scope", "fingerprint"}
    assert claim["key"] == "key-1"
    assert len(claim["fingerprint"]) == 64


async def test_both_spellings_of_the_header_mean_the_same_key(client):
    first = await register(client, Idempotency_Key='"key-1"')

    assert (await register(client, key="key-1")).content == first.content
    assert (await register(client, key="key-1", Idempotency_Key="key-1")).headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Idempotency-Key", "")],
        [("X-Idempotency-Key", "k" * 256)],
        [("X-Idempotency-Key", "a"), ("X-Idempotency-Key", "a")],
        [("X-Idempotency-Key", "a"), ("Idempotency-Key", "b")],
        [("Idempotency-Key", '"a')],
    ],
)
async def test_a_key_that_is_none_is_400_and_has_no_effect(client, member, headers):
    response = await client.http.post("/auth/register", json=BODY, headers=headers)

    assert response.status_code == 400
    assert response.json()["code"] == "idempotency-key-invalid"
    assert not member.requests


async def test_member_unavailable_is_503_and_the_repeat_succeeds(client, member):
    member.away = True
    response = await register(client, key="key-1")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"

    member.away = False
    assert (await register(client, key="key-1")).status_code == 201


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 500, 502])
async def test_a_response_that_was_not_agreed_is_503(client, member, status):
    member.response = httpx2.Response(status, content=b"secrets of the inside")

    response = await register(client)

    assert response.status_code == 503
    assert "inside" not in response.text


async def test_only_agreed_headers_are_passed_on(client, member):
    member.response = httpx2.Response(
        201, json={"id": "x"}, headers={"Location": "/api/members/x", "Set-Cookie": "a=b", "Server": "x", "ETag": '"1"'}
    )

    response = await register(client)

    assert response.headers["ETag"] == '"1"'
    assert "Set-Cookie" not in response.headers
    assert "Server" not in response.headers


async def test_registrations_are_written_down(client, logs):
    await register(client, key="key-1")
    await register(client, key="key-1")
    await register(client)

    events = [entry for entry in logs if "outcome" in entry]
    assert [(entry["event"], entry["outcome"]) for entry in events] == [
        ("registered", "succeeded"),
        ("registered", "succeeded"),
        ("registration_refused", "refused"),
    ]
    assert [entry.get("replayed") for entry in events] == [False, True, None]
    assert "new@example.com" not in json.dumps(logs)
