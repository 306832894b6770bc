"""`/internal`: registrations and credentials, for the platform's own services."""

from __future__ import annotations

import pytest
from passlib.hash import argon2
from structlog.testing import capture_logs

VERIFY = "/internal/credentials/verify"


async def test_a_registration_makes_a_member(client, service, registration):
    response = await client.post("/internal/members", json=registration("New"), headers=service())

    member = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/api/members/{member['id']}"
    assert response.headers["etag"] == '"1"'
    assert response.headers["cache-control"] == "no-store"
    assert member.keys() == {
        "id", "email", "email_verified", "display_name", "locale", "roles", "status", "version", "created_at",
        "updated_at",
    }  # fmt: skip
    assert (member["email"], member["display_name"]) == ("new@example.com", "New")
    assert (member["locale"], member["roles"], member["status"]) == ("en", ["member"], "active")
    assert member["created_at"].endswith("Z")
    assert member["id"][14] == "7"  # UUIDv7


async def test_a_registration_keeps_the_locale_in_its_canonical_form(client, service, registration):
    response = await client.post("/internal/members", json=registration(locale="KO-kr"), headers=service())

    assert response.json()["locale"] == "ko-KR"


async def test_an_address_is_taken_whatever_its_case(client, service, registration):
    await client.post("/internal/members", json=registration(email="Ann@Example.com"), headers=service())

    response = await client.post("/internal/members", json=registration(email="aNN@eXAMPLE.COM"), headers=service())

    assert (response.status_code, response.json()["code"]) == (409, "email-taken")


@pytest.mark.parametrize("granted", ["roles", "status", "id", "version", "session_epoch"])
async def test_a_registration_cannot_say_more_than_it_may(client, service, registration, granted):
    response = await client.post("/internal/members", json=registration(**{granted: "admin"}), headers=service())

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [f"/{granted}"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "no-address", "value-error"),
        ("email", "ann@localhost", "value-error"),
        ("email", "a" * 65 + "@example.com", "value-error"),
        ("display_name", "", "string-too-short"),
        ("display_name", " \u3000 ", "no-visible-character"),
        ("display_name", "Ann\u202e", "invisible-character"),
        ("display_name", "\u200b", "invisible-character"),
        ("display_name", "n" * 101, "string-too-long"),
        ("locale", "english", "value-error"),
        ("password", "seven77", "password-too-short"),
        ("password", "x" * 257, "password-too-long"),
        ("password", "Password123", "password-common"),
        ("password", "new@Example1", "password-context"),
        ("password", None, "string-type"),
    ],
)
async def test_a_field_that_does_not_fit_is_named(client, service, registration, field, value, code):
    response = await client.post("/internal/members", json=registration(**{field: value}), headers=service())

    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["pointer"], error["code"]) == (f"/{field}", code)


async def test_a_refused_password_is_not_repeated_in_the_response(client, service, registration):
    response = await client.post("/internal/members", json=registration(password="hunter2"), headers=service())

    assert response.status_code == 422
    assert "hunter2" not in response.text


async def test_the_password_is_kept_as_argon2id_alone(client, service, registration, database):
    await client.post("/internal/members", json=registration(), headers=service())

    kept = database.one("SELECT password_hash FROM members")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_right_credentials_give_the_member_and_its_epoch(client, service, ann):
    presented = {"email": ann.email.upper(), "password": ann.password}

    response = await client.post(VERIFY, json=presented, headers=service())

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert (response.json()["member"]["id"], response.json()["session_epoch"]) == (ann.id, 1)


async def test_every_refusal_of_credentials_looks_the_same(client, service, ann, make_member):
    suspended = make_member("eve", status="suspended")
    refused = [
        {"email": ann.email, "password": ann.password + "x"},
        {"email": "nobody@example.com", "password": ann.password},
        {"email": "no address at all", "password": ann.password},
        {"email": suspended.email, "password": suspended.password},
        {"email": ann.email, "password": "x" * 1000},
        {"email": ann.email, "password": ""},
    ]

    responses = [await client.post(VERIFY, json=presented, headers=service()) for presented in refused]

    documents = [response.json() | {"request_id": None} for response in responses]
    assert {response.status_code for response in responses} == {401}
    assert all(document == documents[0] for document in documents)
    assert documents[0]["code"] == "credentials-invalid"


async def test_an_unknown_account_costs_a_hash_as_well(client, service, services, monkeypatch):
    """The same work, so the same time (ASVS 6.3.8)."""
    hashed = []
    verify_and_update = services.credentials._hasher._context.verify_and_update
    monkeypatch.setattr(
        services.credentials._hasher._context,
        "verify_and_update",
        lambda password, stored: hashed.append(stored) or verify_and_update(password, stored),
    )

    await client.post(VERIFY, json={"email": "nobody@example.com", "password": "whatever"}, headers=service())

    assert len(hashed) == 1
    assert hashed[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_the_log_says_why_and_never_who_or_what(client, service):
    with capture_logs() as logs:
        await client.post(VERIFY, json={"email": "nobody@example.com", "password": "hunter22"}, headers=service())

    (refused,) = [entry for entry in logs if entry["event"] == "credentials_refused"]
    assert refused["reason"] == "unknown"
    assert "nobody@" not in str(logs)
    assert "hunter22" not in str(logs)


async def test_a_hash_of_weaker_parameters_is_renewed_at_log_in(client, service, ann, database):
    weak = argon2.using(type="ID", memory_cost=8192, time_cost=1, parallelism=1).hash(ann.password)
    database.run("UPDATE members SET password_hash = %s", weak)
    presented = {"email": ann.email, "password": ann.password}

    assert (await client.post(VERIFY, json=presented, headers=service())).status_code == 200

    assert database.one("SELECT password_hash FROM members").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert database.one("SELECT version FROM members") == 1
    assert (await client.post(VERIFY, json=presented, headers=service())).status_code == 200


async def test_a_wrong_password_renews_nothing(client, service, ann, database):
    weak = argon2.using(type="ID", memory_cost=8192, time_cost=1, parallelism=1).hash("another password")
    database.run("UPDATE members SET password_hash = %s", weak)

    await client.post(VERIFY, json={"email": ann.email, "password": ann.password}, headers=service())

    assert database.one("SELECT password_hash FROM members") == weak


async def test_services_read_a_member_with_its_epoch(client, service, ann):
    for caller in ("auth", "shop", "web"):
        response = await client.get(f"/internal/members/{ann.id}", headers=service(caller))

        assert response.status_code == 200
        assert response.json()["member"]["email"] == ann.email
        assert response.json()["session_epoch"] == 1


@pytest.mark.parametrize("member_id", ["00000000-0000-7000-8000-000000000000", "me", "nonsense"])
async def test_services_learn_that_there_is_no_such_member(client, service, member_id):
    response = await client.get(f"/internal/members/{member_id}", headers=service())

    assert (response.status_code, response.json()["code"]) == (404, "member-not-found")


INTERNAL = [
    ("POST", "/internal/members"),
    ("POST", VERIFY),
    ("POST", "/internal/credentials/change"),
    ("GET", "/internal/members/00000000-0000-7000-8000-000000000000"),
]


@pytest.mark.parametrize(("method", "path"), INTERNAL)
async def test_nobody_without_a_service_token_gets_in(client, service, admin, registration, method, path):
    foreign = [
        {},
        admin.headers,
        service("auth", audience="shop"),
        service("stranger"),
        {"Authorization": "Bearer nonsense"},
        {"Authorization": service()["Authorization"].replace("Bearer", "Basic")},
    ]

    for headers in foreign:
        response = await client.request(method, path, headers=headers, json=registration())
        assert response.status_code == 401


@pytest.mark.parametrize(("method", "path"), INTERNAL[:3])
async def test_only_auth_registers_verifies_and_changes_passwords(client, service, registration, method, path):
    for caller in ("shop", "web"):
        response = await client.request(method, path, headers=service(caller), json=registration())
        assert response.status_code == 403


async def test_a_service_token_opens_no_door_of_a_member(client, service):
    assert (await client.get("/api/members/me", headers=service())).status_code == 401
