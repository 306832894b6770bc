"""Mails are written with the change that causes them, and only where the platform sends mails."""

from __future__ import annotations

import secrets
import time

import pytest

from membertests.factors import Factors
from platform_testing.authenticator import Authenticator
from platform_testing.tokens import Clock


@pytest.fixture
def settings(make_settings):
    return make_settings(mail_enabled=True)


@pytest.fixture
def mails(database):
    """Return a function that lists the mails to be sent: kind, recipient, locale."""
    return lambda: [
        tuple(row.values()) for row in database.run("SELECT kind, recipient, locale FROM mails ORDER BY id")
    ]


async def test_a_registration_writes_a_mail_in_the_members_language(client, service, registration, mails):
    body = registration("new", locale="ko-KR")

    assert (await client.post("/internal/members", json=body, headers=service())).status_code == 201
    assert mails() == [("verify-email", "new@example.com", "ko-KR")]


async def test_a_repeat_of_a_registration_writes_no_second_mail(client, service, registration, mails):
    body = registration() | {"idempotency": {"key": "k", "scope": "s", "fingerprint": "f"}}
    for _ in range(2):
        assert (await client.post("/internal/members", json=body, headers=service())).status_code == 201

    assert len(mails()) == 1


async def test_a_change_that_fails_writes_no_mail(client, ann, service, registration, mails):
    body = registration(email=ann.email)

    assert (await client.post("/internal/members", json=body, headers=service())).status_code == 409
    assert mails() == []


async def test_a_new_address_is_announced_at_the_old_one(client, ann, mails):
    response = await client.patch("/api/members/me", json={"email": "anna@example.com"}, headers=ann.headers)

    assert response.status_code == 200
    assert mails() == [("email-changed", ann.email, "en"), ("verify-email", "anna@example.com", "en")]


async def test_a_new_password_is_announced(client, ann, service, mails):
    body = {
        "member_id": ann.id,
        "current_password": ann.password,
        "new_password": "a loud evening in the city",
        "keep_session": "s1",
    }

    assert (await client.post("/internal/credentials/change", json=body, headers=service())).status_code == 200
    assert mails() == [("password-changed", ann.email, "en")]


async def test_other_changes_write_no_mail(client, ann, mails):
    await client.patch("/api/members/me", json={"display_name": "Anna"}, headers=ann.headers)

    assert mails() == []


async def test_a_deleted_members_mails_go_with_the_account(client, ann, mails):
    await client.patch("/api/members/me", json={"email": "anna@example.com"}, headers=ann.headers)
    assert (await client.delete("/api/members/me", headers=ann.headers)).status_code == 204

    assert mails() == []


async def test_without_a_mail_server_nothing_is_written(start, connect, make_settings, service, registration, mails):
    client = await connect(await start(make_settings()))

    assert (await client.post("/internal/members", json=registration(), headers=service())).status_code == 201
    assert mails() == []


async def test_a_new_and_a_removed_passkey_are_announced(client, ann, service, mails):
    path, challenge = f"/internal/members/{ann.id}", secrets.token_urlsafe(32)
    given = {"json": {"challenge": challenge}, "headers": service("auth")}
    options = (await client.post(f"{path}/passkey-options", **given)).json()["public_key"]
    body = {
        "challenge": challenge,
        "name": "Phone",
        "credential": Authenticator("https://members.test").create(options),
    }

    passkey = (await client.post(f"{path}/passkeys", json=body, headers=service("auth"))).json()
    assert mails() == [("passkey-added", ann.email, "en")]

    removal = {"params": {"keep_session": "s1"}, "headers": service("auth")}
    assert (await client.delete(f"{path}/passkeys/{passkey['id']}", **removal)).status_code == 200
    assert mails()[1:] == [("passkey-removed", ann.email, "en")]


async def test_changes_of_second_factors_are_announced(client, ann, admin, service, mails):
    factors = Factors(client, ann, service, Clock(time.time()))
    await factors.enable()
    assert (await factors.new_codes()).status_code == 201
    assert (await factors.remove()).status_code == 200
    await factors.enable()
    reset = f"/api/admin/members/{ann.id}/reset-factors"
    assert (await client.post(reset, json={"reason": "Lost phone"}, headers=admin.headers)).status_code == 200

    kinds = ["two-step-enabled", "recovery-codes-replaced", "two-step-disabled", "two-step-enabled", "two-step-reset"]
    assert mails() == [(kind, ann.email, "en") for kind in kinds]
