"""Log-in: responses, what they do not reveal, and what is logged."""

from __future__ import annotations

import json

import httpx2
import jwt
import pytest

from platform_testing.tokens import AUDIENCE, ISSUER


async def test_login_responds_with_tokens_and_the_member(client, member):
    response = await client.login()

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    document = response.json()
    assert document.keys() == {
        "access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in", "member",
    }  # fmt: skip
    assert document["token_type"] == "Bearer"
    assert document["member"] == member.accounts["ada@example.com"]["member"]


async def test_access_token_is_signed_with_the_published_key_and_has_every_claim(client, clock):
    tokens = await client.tokens()
    published = (await client.http.get("/.well-known/jwks.json")).json()

    header = jwt.get_unverified_header(tokens["access_token"])
    key = next(jwt.PyJWK(entry) for entry in published["keys"] if entry["kid"] == header["kid"])
    claims = jwt.decode(tokens["access_token"], key, algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER)

    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    assert claims.keys() == {"iss", "aud", "sub", "sid", "roles", "iat", "exp", "auth_time", "amr", "acr"}
    assert claims["exp"] - claims["iat"] == tokens["expires_in"]
    assert claims["auth_time"] == int(clock())
    assert (claims["amr"], claims["acr"]) == (["pwd"], "aal1")


async def test_a_wrong_password_and_an_unknown_account_get_the_same_response(client, member):
    member.add("sus@example.com")
    member.accounts["sus@example.com"]["suspended"] = True
    responses = [
        await client.login(password="wrong horse"),
        await client.login("nobody@example.com"),
        await client.login("sus@example.com"),
        await client.login("no e-mail at all"),
    ]

    documents = [response.json() | {"request_id": None} for response in responses]
    assert {response.status_code for response in responses} == {401}
    assert documents[0]["code"] == "credentials-invalid"
    assert all(document == documents[0] for document in documents)
    assert len({tuple(sorted(set(response.headers) - {"x-request-id"})) for response in responses}) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"email": "a@b.co"}',
        b'{"email": "a@b.co", "password": ""}',
        b'{"email": ["a@b.co"], "password": "x"}',
        b'{"email": "a@b.co", "password": {"$ne": ""}}',
    ],
)
async def test_a_body_of_another_shape_is_422_and_never_reaches_member(client, member, body):
    response = await client.http.post("/auth/login", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 422
    assert response.json()["code"] == "payload-invalid"
    assert not member.requests


@pytest.mark.parametrize(
    "body", [b"{", b'{"email": "\\ud800", "password": "x"}', b'{"email": "\\u0000", "password": "x"}']
)
async def test_a_body_that_is_no_json_is_400(client, body):
    response = await client.http.post("/auth/login", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 400
    assert response.json()["code"] == "payload-malformed"


async def test_a_body_beyond_reason_is_413(client, member):
    response = await client.login(password="x" * 100_000)

    assert response.status_code == 413
    assert not member.requests


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_other_methods_are_405(client, method):
    response = await client.http.request(method, "/auth/login")

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


async def test_member_unavailable_is_503(client, member):
    member.away = True

    response = await client.login()

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.json()["code"] == "member-unavailable"


@pytest.mark.parametrize(
    "unexpected",
    [
        httpx2.Response(500),
        httpx2.Response(200, content=b"not json"),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={"member": {"id": "x"}}),
        httpx2.Response(200, json={"member": {"id": "x", "roles": ["member"]}, "session_epoch": "soon"}),
        httpx2.Response(401, json={"code": "unauthenticated"}),
        httpx2.Response(404, content=b"nothing here"),
        httpx2.Response(302, headers={"Location": "http://elsewhere.test"}),
    ],
    ids=lambda response: str(response.status_code),
)
async def test_a_response_that_was_not_agreed_is_503_not_a_log_in(client, member, unexpected):
    member.response = unexpected

    response = await client.login()

    assert response.status_code == 503
    assert response.json()["code"] == "member-unavailable"


async def test_a_shedding_member_says_when_to_come_back(client, member):
    member.response = httpx2.Response(503, headers={"Retry-After": "7"}, json={"code": "overloaded"})

    assert (await client.login()).headers["Retry-After"] == "7"


async def test_the_request_id_goes_on_to_member(client, member):
    await client.login(headers={"X-Request-ID": "edge-0123456789"})

    assert [request.headers["X-Request-ID"] for request in member.requests] == ["edge-0123456789"]


SECRETS = ("correct horse", "wrong horse", "ada@example.com", "nobody@example.com")


async def test_every_event_is_written_down_without_a_secret(client, logs, member):
    tokens = await client.tokens()
    await client.login(password="wrong horse")
    await client.login("nobody@example.com")
    renewed = (await client.refresh(tokens["refresh_token"])).json()
    await client.refresh("unknown")
    await client.post("/auth/logout", tokens["access_token"])
    other = await client.tokens()
    await client.post("/auth/logout-all", other["access_token"])

    events = [entry for entry in logs if "outcome" in entry]
    assert [entry["event"] for entry in events] == [
        "login_succeeded", "login_failed", "login_failed", "session_refreshed", "refresh_refused", "logged_out",
        "login_succeeded", "logged_out_everywhere",
    ]  # fmt: skip
    assert all(entry["address"] == "203.0.113.9" for entry in events)
    succeeded, failed, unknown = events[:3]
    assert succeeded["member"] == member.accounts["ada@example.com"]["member"]["id"]
    assert succeeded["account"] == failed["account"] != unknown["account"]
    written = json.dumps(logs)
    for secret in (*SECRETS, *(pair[name] for pair in (tokens, renewed) for name in ("access_token", "refresh_token"))):
        assert secret not in written
