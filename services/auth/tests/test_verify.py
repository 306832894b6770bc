"""What the edge is answered, row by row."""

from __future__ import annotations

import json

import pytest

IDENTITY = ("X-Auth-Subject", "X-Auth-Session", "X-Auth-Roles", "Authorization")
WRONG_TOKEN = "eyJhbGciOiJFZERTQSJ9.e30.AAAA"


def assert_no_identity(response):
    assert not any(name in response.headers for name in IDENTITY)


def assert_problem(response, status, code):
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json()["code"] == code
    assert response.json()["request_id"] == response.headers["X-Request-ID"]
    # Written as every other problem document is.
    assert list(response.json()) == ["type", "title", "status", "code", "detail", "request_id"]
    assert response.content == json.dumps(response.json(), separators=(",", ":")).encode()
    assert_no_identity(response)


async def test_a_live_session_passes_with_its_identity(client, member):
    member.accounts["ada@example.com"]["member"]["roles"] = ["member", "admin"]
    tokens = await client.tokens()

    response = await client.verify(tokens["access_token"])

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["X-Auth-Subject"] == tokens["member"]["id"]
    assert response.headers["X-Auth-Session"]
    assert response.headers["X-Auth-Roles"] == "admin,member"
    assert response.headers["Authorization"] == f"Bearer {tokens['access_token']}"
    assert response.headers["Cache-Control"] == "no-store"


async def test_the_same_token_passes_again_and_again(client):
    token = (await client.tokens())["access_token"]

    assert [(await client.verify(token)).status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
async def test_the_scheme_is_read_in_any_case_and_handed_on_in_one(client, scheme):
    token = (await client.tokens())["access_token"]

    response = await client.verify(Authorization=f"{scheme} {token}")

    assert response.status_code == 200
    assert response.headers["Authorization"] == f"Bearer {token}"


async def test_no_credential_is_challenged_without_an_error_code(client):
    response = await client.verify()

    assert_problem(response, 401, "unauthenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


MALFORMED = ["Bearer", "Bearer ", "Bearer a b", f"Bearer {WRONG_TOKEN}", "Bearer \xe4", "Bearer x"]


def assert_anonymous(response):
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Cache-Control"] == "no-store"
    assert_no_identity(response)


@pytest.mark.parametrize("value", MALFORMED)
async def test_a_malformed_bearer_token_is_refused_where_a_session_is_required(client, value):
    response = await client.http.get("/auth/verify", headers={"Authorization": value.encode("latin-1")})

    assert_problem(response, 401, "access-token-invalid")
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("value", MALFORMED)
async def test_a_malformed_bearer_token_is_anonymous_where_a_session_is_optional(client, value):
    headers = {"Authorization": value.encode("latin-1")}

    assert_anonymous(await client.http.get("/auth/verify?optional=1", headers=headers))


@pytest.mark.parametrize("count", [2, 3])
async def test_several_authorization_headers_are_no_identity(client, count):
    token = (await client.tokens())["access_token"]
    await client.verify(token)  # known from here on
    headers = [("Authorization", f"Bearer {token}")] * count

    assert_problem(await client.http.get("/auth/verify", headers=headers), 401, "access-token-invalid")
    assert_anonymous(await client.http.get("/auth/verify?optional=1", headers=headers))


async def test_a_revoked_session_is_refused_at_once(client):
    token = (await client.tokens())["access_token"]
    assert (await client.verify(token)).status_code == 200

    assert (await client.post("/auth/logout", token)).status_code == 204

    response = await client.verify(token)
    assert_problem(response, 401, "access-token-invalid")
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_an_expired_token_is_refused_although_it_was_seen_before(client, clock):
    token = (await client.tokens())["access_token"]
    assert (await client.verify(token)).status_code == 200

    clock.advance(7200 + 6)

    assert_problem(await client.verify(token), 401, "access-token-invalid")


async def test_where_none_is_needed_no_expired_and_no_revoked_credential_pass_without_identity(client, clock):
    revoked, expired = (await client.tokens())["access_token"], (await client.tokens())["access_token"]
    await client.post("/auth/logout", revoked)
    responses = [await client.verify(query="?optional=1"), await client.verify(revoked, "?optional=1")]
    clock.advance(7200 + 6)
    responses.append(await client.verify(expired, "?optional=1"))

    for response in responses:
        assert_anonymous(response)


async def test_where_none_is_needed_a_live_session_is_told_all_the_same(client):
    tokens = await client.tokens()

    response = await client.verify(tokens["access_token"], "?optional=1")

    assert response.headers["X-Auth-Subject"] == tokens["member"]["id"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?role=admin", 403),
        ("?role=member", 200),
        ("?role=admin&role=member", 200),
        ("?role=admin&role=editor", 403),
        ("?role=", 403),
        ("?role=Member", 403),
        ("?role=admin&optional=1", 403),
        ("?unknown=1", 200),
    ],
)
async def test_any_one_of_the_roles_suffices(client, query, status):
    token = (await client.tokens())["access_token"]

    response = await client.verify(token, query)

    assert response.status_code == status
    if status == 403:
        assert_problem(response, 403, "forbidden")


async def test_a_role_is_never_optional(client):
    assert_problem(await client.verify(query="?role=admin&optional=1"), 401, "unauthenticated")


async def test_a_revoked_session_is_reported_before_a_missing_role(client):
    token = (await client.tokens())["access_token"]
    await client.post("/auth/logout", token)

    assert_problem(await client.verify(token, "?role=admin"), 401, "access-token-invalid")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_other_methods_are_not_allowed(client, method):
    token = (await client.tokens())["access_token"]

    response = await client.http.request(method, "/auth/verify", headers={"Authorization": f"Bearer {token}"})

    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"] == "GET, HEAD"


async def test_head_responds_as_get_without_a_body(client):
    token = (await client.tokens())["access_token"]

    passed = await client.http.head("/auth/verify", headers={"Authorization": f"Bearer {token}"})
    refused = await client.http.head("/auth/verify")

    assert (passed.status_code, passed.headers["X-Auth-Roles"]) == (200, "member")
    assert (refused.status_code, refused.content) == (401, b"")


async def test_the_edges_request_id_is_in_a_refusal(client):
    response = await client.verify(X_Request_ID="edge-0123456789")

    assert response.json()["request_id"] == response.headers["X-Request-ID"] == "edge-0123456789"


async def test_a_path_below_is_not_verify(client):
    assert (await client.http.get("/auth/verify/")).status_code == 404
    assert (await client.http.get("/auth/verify/x")).status_code == 404
