"""Who may do what (ASVS 8.2): each endpoint as owner, other, administrator and anonymous."""

from __future__ import annotations

import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PROFILE = {"email": "ann@example.com", "display_name": "Ann", "locale": "en"}
NEW = {"email": "new@example.com", "password": "a quiet morning by the lake", "display_name": "New"}

# Method, path, body, and the status that the owner, another member and an administrator get.
MATRIX = [
    ("GET", "/api/members/{id}", None, 200, 404, 200),
    ("HEAD", "/api/members/{id}", None, 200, 404, 200),
    ("PATCH", "/api/members/{id}", {"display_name": "Anna"}, 200, 404, 200),
    ("PUT", "/api/members/{id}", PROFILE, 200, 404, 200),
    ("DELETE", "/api/members/{id}", None, 204, 404, 204),
    ("PATCH", "/api/members/{id}", {"roles": ["admin"]}, 403, 404, 200),
    ("PATCH", "/api/members/{id}", {"status": "suspended"}, 403, 404, 200),
    ("PATCH", "/api/members/{id}", {"display_name": "Anna", "roles": ["member"]}, 403, 404, 200),
    ("PUT", "/api/members/{id}", PROFILE | {"roles": ["admin", "member"]}, 403, 404, 200),
    ("GET", "/api/members", None, 403, 403, 200),
    ("HEAD", "/api/members", None, 403, 403, 200),
    ("POST", "/api/members", NEW, 403, 403, 201),
    ("GET", "/api/admin/members", None, 403, 403, 200),
    ("GET", "/api/admin/members/{id}", None, 403, 403, 200),
    ("POST", "/api/admin/members/{id}/suspend", None, 403, 403, 200),
    ("POST", "/api/admin/members/{id}/reinstate", None, 403, 403, 200),
    ("PUT", "/api/admin/members/{id}/roles", {"roles": ["member", "support"]}, 403, 403, 200),
]
CASES = [pytest.param(*row, id=f"{row[0]} {row[1]} {sorted(row[2] or {})}") for row in MATRIX]


@pytest.mark.parametrize(("method", "path", "body", "as_owner", "as_other", "as_admin"), CASES)
async def test_each_caller_gets_what_is_its_own(
    client, database, ann, bob, admin, method, path, body, as_owner, as_other, as_admin
):
    """From the least to the most allowed, so that no change hides another."""
    columns = "id, email, display_name, locale, roles, status, version, session_epoch"
    before = database.run(f"SELECT {columns} FROM members ORDER BY id")

    async def ask(headers: dict[str, str]) -> int:
        headers = headers | ({"If-Match": '"1"'} if method == "PUT" else {})
        response = await client.request(method, path.format(id=ann.id), headers=headers, json=body)
        return response.status_code

    assert await ask({}) == 401
    assert await ask(bob.headers) == as_other
    if as_owner >= 400:
        assert await ask(ann.headers) == as_owner
        assert database.run(f"SELECT {columns} FROM members ORDER BY id") == before
        assert await ask(admin.headers) == as_admin
    else:
        assert database.run(f"SELECT {columns} FROM members ORDER BY id") == before
        assert await ask(ann.headers) == as_owner


@pytest.mark.parametrize(("method", "path", "body", "as_owner", "as_other", "as_admin"), CASES)
async def test_an_administrator_may_where_the_owner_may(
    client, ann, admin, method, path, body, as_owner, as_other, as_admin  # noqa: ARG001 (one matrix)
):  # fmt: skip
    headers = admin.headers | ({"If-Match": '"1"'} if method == "PUT" else {})

    response = await client.request(method, path.format(id=ann.id), headers=headers, json=body)

    assert response.status_code == as_admin


async def test_whether_another_member_exists_cannot_be_told(client, ann, bob):
    absent = "00000000-0000-7000-8000-000000000000"

    responses = [await client.get(f"/api/members/{id_}", headers=ann.headers) for id_ in (bob.id, absent, "nonsense")]

    documents = [response.json() | {"request_id": None} for response in responses]
    assert documents[0] == documents[1] == documents[2]


async def test_an_administrator_learns_that_there_is_no_such_member(client, admin):
    for method in ("GET", "PATCH", "DELETE"):
        path = "/api/members/00000000-0000-7000-8000-000000000000"
        response = await client.request(method, path, headers=admin.headers, json={} if method == "PATCH" else None)
        assert (response.status_code, response.json()["code"]) == (404, "member-not-found")


async def test_an_id_has_one_spelling(client, ann):
    for spelling in (ann.id.upper(), ann.id.replace("-", ""), "{" + ann.id + "}", "ME", "urn:uuid:" + ann.id):
        assert (await client.get(f"/api/members/{spelling}", headers=ann.headers)).status_code == 404


async def test_the_token_of_a_deleted_member_is_worth_nothing(client, ann, database):
    database.run("DELETE FROM members WHERE id = %s", ann.id)

    response = await client.get("/api/members/me", headers=ann.headers)

    assert (response.status_code, response.json()["code"]) == (401, "account-inactive")
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_the_token_of_a_suspended_member_is_worth_nothing(client, make_member):
    suspended = make_member("eve", "admin", status="suspended")

    for path in ("/api/members/me", "/api/members", "/api/admin/members"):
        assert (await client.get(path, headers=suspended.headers)).status_code == 401


async def test_a_role_taken_away_is_gone_although_the_token_has_it_still(client, admin, make_member, database):
    make_member("second", "admin")
    database.run("UPDATE members SET roles = '{member}' WHERE id = %s", admin.id)

    assert (await client.get("/api/members", headers=admin.headers)).status_code == 403


async def test_a_role_given_after_log_in_asks_for_another_log_in(client, ann, database):
    database.run("UPDATE members SET roles = '{admin,member}' WHERE id = %s", ann.id)

    assert (await client.get("/api/members", headers=ann.headers)).status_code == 403


async def test_identity_headers_of_the_edge_are_not_believed(client, ann, admin):
    spoofed = {"X-Auth-Subject": admin.id, "X-Auth-Roles": "admin", "X-Auth-Session": "x"}

    assert (await client.get("/api/members", headers=spoofed)).status_code == 401
    assert (await client.get("/api/members", headers=ann.headers | spoofed)).status_code == 403
    assert (await client.get("/api/members/me", headers=ann.headers | spoofed)).json()["id"] == ann.id


@pytest.fixture
def forgeries(make_token, admin):
    """Tokens with one fault each."""
    claims = {"sub": admin.id, "roles": ["admin"]}
    now = int(time.time())
    return {
        "expired": make_token(**claims, exp=now - 60),
        "not for us": make_token(**claims, aud="another"),
        "from elsewhere": make_token(**claims, iss="https://elsewhere.test"),
        "of another key": make_token(Ed25519PrivateKey.generate(), **claims),
        "of an unknown key": make_token(headers={"kid": "k9"}, **claims),
        "not yet valid": make_token(**claims, nbf=now + 60),
        "unsigned": jwt.encode(claims, "", algorithm="none"),
        "of another type": make_token(headers={"typ": "JWT"}, **claims),
        "for no member": make_token(sub="nobody"),
    }


async def test_forged_tokens_are_refused(client, forgeries):
    for fault, token in forgeries.items():
        response = await client.get("/api/members/me", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401, fault
        assert "www-authenticate" in response.headers


async def test_without_auths_keys_no_token_is_believed(settings, start, connect, ann, auth):
    auth._jwks = None
    client = await connect(await start(settings))

    response = await client.get("/api/members/me", headers=ann.headers)

    assert (response.status_code, response.json()["code"]) == (503, "jwks-unavailable")
