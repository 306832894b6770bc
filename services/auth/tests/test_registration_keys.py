"""What an idempotency key means for someone who is nobody yet (docs/adr/0002-registering-once.md)."""

from __future__ import annotations

import pytest

KEY = {"X-Idempotency-Key": "sign-up-1"}


def form(email: str = "new@example.com", **more: str) -> dict[str, str]:
    return {"email": email, "password": "a long password", "display_name": "New"} | more


async def register(client, headers=KEY, **fields: str):
    return await client.http.post("/auth/register", json=form(**fields), headers=headers)


async def test_a_repeated_registration_gets_the_first_answer_from_any_address(client_of, auth):
    first = await register(client_of(auth, "203.0.113.1"))
    again = await register(client_of(auth, "198.51.100.7"))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


async def test_strangers_who_chose_the_same_key_do_not_meet(client, member):
    first = await register(client, email="one@example.com")
    second = await register(client, email="two@example.com")

    assert (first.status_code, second.status_code) == (201, 201)
    assert {"one@example.com", "two@example.com"} <= member.accounts.keys()


async def test_the_same_key_for_the_same_account_with_another_form_is_refused(client):
    await register(client)

    refused = await register(client, display_name="Someone else")

    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency-key-reused")


async def test_without_a_key_a_second_registration_is_told_that_the_address_is_taken(client):
    await register(client, headers={})

    refused = await register(client, headers={})

    assert (refused.status_code, refused.json()["code"]) == (409, "email-taken")


@pytest.mark.parametrize("headers", [
    {"X-Idempotency-Key": ""},
    {"X-Idempotency-Key": "x" * 256},
    {"X-Idempotency-Key": "one", "Idempotency-Key": '"two"'},
], ids=["empty", "too long", "two different"])  # fmt: skip
async def test_a_key_that_is_none_makes_no_account(client, member, headers):
    refused = await register(client, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency-key-invalid")
    assert "new@example.com" not in member.accounts
