"""Verification of addresses and recovery of passwords: throttled here, decided by member."""

from __future__ import annotations

import json

import httpx2
import pytest

FORGOT, RESET = "/auth/password/forgot", "/auth/password/reset"
SEND, LINK, CODE = (f"/auth/email/verification{path}" for path in ("", "/link", "/code"))
NEW = "battery staple"


def sent(member):
    """What member was asked last: the path and the body."""
    request = member.requests[-1]
    return request.url.path, json.loads(request.content)


async def test_a_forgotten_password_is_passed_on_in_the_requests_language(client, member):
    member.response = httpx2.Response(202)

    response = await client.http.post(
        FORGOT, json={"email": "ada@example.com"}, headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"}
    )

    assert (response.status_code, response.content, response.headers["Cache-Control"]) == (202, b"", "no-store")
    assert sent(member) == ("/internal/password-resets", {"email": "ada@example.com", "locale": "ko"})


async def test_requests_beyond_the_limit_of_an_account_look_the_same_and_send_nothing(client, member, client_of, auth):
    member.response = httpx2.Response(202)
    first = await client.http.post(FORGOT, json={"email": "ada@example.com"})
    for number in range(20):
        there = client_of(auth, f"203.0.{number}.1")
        response = await there.http.post(FORGOT, json={"email": " ADA@example.com"})
        assert (response.status_code, response.content) == (first.status_code, first.content)

    assert len(member.requests) == 5


async def test_one_address_can_cause_only_so_many_mails(make_auth, client_of, member):
    member.response = httpx2.Response(202)
    client = client_of(make_auth(rate_limit_mails_per_address="3/hour"))

    responses = [await client.http.post(FORGOT, json={"email": f"a{n}@example.com"}) for n in range(5)]

    assert [response.status_code for response in responses] == [202, 202, 202, 429, 429]
    assert int(responses[-1].headers["Retry-After"]) > 0
    assert len(member.requests) == 3


async def test_a_reset_is_passed_on_with_the_client_that_asks(client, member):
    member.response = httpx2.Response(202)

    response = await client.http.post(RESET, json={"token": "t", "new_password": NEW})

    assert response.status_code == 202, "the sessions end a little later"
    assert sent(member) == ("/internal/password-resets/link", {"token": "t", "new_password": NEW})
    assert member.requests[-1].headers["X-Client-Key"]


@pytest.mark.parametrize("code", ["link-invalid", "payload-invalid"])
async def test_what_member_refuses_reaches_the_client(client, member, code):
    member.response = httpx2.Response(422, json={"code": code}, headers={"Content-Type": "application/problem+json"})

    response = await client.http.post(RESET, json={"token": "t", "new_password": NEW})

    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_attempts_at_links_are_limited(make_auth, client_of, member):
    member.response = httpx2.Response(422, json={"code": "link-invalid"})
    client = client_of(make_auth(rate_limit_email_proofs_per_address="2/minute"))

    responses = [await client.http.post(LINK, json={"token": "t"}) for _ in range(3)]

    assert [response.status_code for response in responses] == [422, 422, 429]


async def test_a_member_asks_for_its_own_address_alone(client, member):
    tokens = await client.tokens()
    member.response = httpx2.Response(202)

    assert (await client.post(SEND, tokens["access_token"])).status_code == 202
    assert sent(member) == ("/internal/email-verifications", {"member_id": tokens["member"]["id"]})

    member.response = httpx2.Response(204)
    assert (await client.post(CODE, tokens["access_token"], json={"code": "012345"})).status_code == 204
    body = {"member_id": tokens["member"]["id"], "code": "012345"}
    assert sent(member) == ("/internal/email-verifications/code", body)


@pytest.mark.parametrize(("path", "body"), [(SEND, None), (CODE, {"code": "012345"})])
async def test_sending_and_codes_need_a_log_in(client, member, path, body):
    assert (await client.http.post(path, json=body)).status_code == 401
    assert member.requests == []


async def test_a_link_needs_no_log_in(client, member):
    member.response = httpx2.Response(204)

    assert (await client.http.post(LINK, json={"token": "t"})).status_code == 204


async def test_without_a_mail_server_the_client_learns_it(client, member):
    member.response = httpx2.Response(404, json={"code": "mail-disabled"})

    assert (await client.http.post(FORGOT, json={"email": "a@example.com"})).json()["code"] == "mail-disabled"


async def test_an_unavailable_member_is_said_so(client, member):
    member.away = True

    response = await client.http.post(FORGOT, json={"email": "a@example.com"})

    assert (response.status_code, response.json()["code"]) == (503, "member-unavailable")


async def test_no_token_code_or_password_is_logged(client, member, logs):
    member.response = httpx2.Response(204)
    await client.http.post(RESET, json={"token": "secret-token", "new_password": "secret-password"})
    await client.http.post(LINK, json={"token": "secret-token"})
    await client.http.post(FORGOT, json={"email": "secret@example.com"})

    assert "secret" not in str(logs)
    assert {entry["event"] for entry in logs} >= {"password_reset", "email_verification", "password_reset_requested"}
