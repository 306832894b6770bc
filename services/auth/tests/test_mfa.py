"""Changes of second factors: after a recent log-in only, and every other session ends."""

from __future__ import annotations

import jwt
import pytest

TOTP, CONFIRM, CODES = "/auth/mfa/totp", "/auth/mfa/totp/confirm", "/auth/mfa/recovery-codes"


def outcome(response):
    return response.status_code, response.json().get("code")


async def confirm(client, tokens, code="111111"):
    return await client.post(CONFIRM, tokens["access_token"], json={"code": code})


async def statuses(client, *sessions):
    return [(await client.verify(tokens["access_token"])).status_code for tokens in sessions]


async def test_a_member_sees_its_factors(client):
    mine = await client.tokens()

    assert (await client.get("/auth/mfa", mine["access_token"])).json() == {
        "totp": None, "recovery_codes_left": 0, "passkeys": 0,
    }  # fmt: skip


async def test_a_set_up_starts_with_a_secret(client):
    response = await client.post(TOTP, (await client.tokens())["access_token"])

    assert (response.status_code, response.json().keys()) == (201, {"secret", "uri"})
    assert response.headers["Cache-Control"] == "no-store"


async def test_a_confirmation_ends_every_session_but_the_new_one(client):
    mine, other = await client.tokens(), await client.tokens()

    response = await confirm(client, mine)

    assert response.status_code == 200
    assert response.json().keys() == mine.keys() | {"recovery_codes"}
    assert await statuses(client, mine, other, response.json()) == [401, 401, 200]
    assert outcome(await client.login()) == (401, "second-factor-required")


async def test_the_session_that_follows_is_as_old_as_the_log_in_and_says_what_was_proven(client, clock):
    mine = await client.tokens()
    logged_in_at = int(clock())
    clock.advance(120)

    response = await confirm(client, mine)

    claims = jwt.decode(response.json()["access_token"], options={"verify_signature": False})
    assert (claims["amr"], claims["acr"], claims["auth_time"]) == (["pwd", "otp", "mfa"], "aal2", logged_in_at)


async def test_the_new_session_survives_that_member_ends_the_others(client, member, service_token):
    async def end(member_id, epoch, keep):
        path = f"/internal/members/{member_id}/sessions"
        await client.http.delete(path, params={"epoch": epoch, "except": keep}, headers=service_token)

    member.before_response_to_change = end
    mine = await client.tokens()

    new = (await confirm(client, mine)).json()

    assert await statuses(client, mine, new) == [401, 200]


async def test_a_wrong_code_ends_nothing(client):
    mine, other = await client.tokens(), await client.tokens()

    response = await confirm(client, mine, "999999")

    assert outcome(response) == (422, "code-wrong")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert await statuses(client, mine, other) == [200, 200]


async def test_disabling_ends_every_other_session(client, member):
    mine, other = await client.tokens(), await client.tokens()
    member.add_codes(totp=["222222"])

    response = await client.delete(TOTP, mine["access_token"])

    assert response.status_code == 204
    assert await statuses(client, mine, other) == [200, 401]
    assert (await client.login()).status_code == 200


async def test_new_recovery_codes_end_no_session(client, member):
    mine, other = await client.tokens(), await client.tokens()
    member.add_codes(totp=["222222"], recovery_code=["ABCDE-FGHJK"])

    response = await client.post(CODES, mine["access_token"])

    assert (response.status_code, response.json()) == (201, {"recovery_codes": ["LMNPQ-RSTVW"]})
    assert response.headers["Cache-Control"] == "no-store"
    assert await statuses(client, mine, other) == [200, 200]


async def test_what_member_says_reaches_the_client(client, member):
    mine = await client.tokens()
    assert outcome(await client.delete(TOTP, mine["access_token"])) == (404, "factor-not-found")
    member.add_codes(totp=["222222"])
    assert outcome(await client.post(TOTP, mine["access_token"])) == (409, "factor-exists")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", TOTP, None), ("POST", CONFIRM, {"code": "111111"}), ("DELETE", TOTP, None), ("POST", CODES, None)],
)
async def test_changes_require_a_recent_log_in(client, clock, member, method, path, body):
    mine = await client.tokens()
    clock.advance(901)
    requests = len(member.requests)

    headers = {"Authorization": f"Bearer {mine['access_token']}"}
    response = await client.http.request(method, path, json=body, headers=headers)

    assert outcome(response) == (401, "reauthentication-required")
    assert response.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age="900"'
    assert len(member.requests) == requests


async def test_a_renewed_session_is_no_recent_log_in(client, clock):
    mine = await client.tokens()
    clock.advance(901)

    renewed = (await client.refresh(mine["refresh_token"])).json()

    assert outcome(await client.post(TOTP, renewed["access_token"])) == (401, "reauthentication-required")


async def test_a_new_password_is_no_recent_log_in_where_a_second_factor_was_not_asked_for(client, clock):
    """Who has a session and the password has one factor; it does not suffice to remove the other."""
    mine = (await confirm(client, await client.tokens())).json()
    clock.advance(901)
    body = {"current_password": "correct horse", "new_password": "battery staple"}

    new = (await client.post("/auth/password", mine["access_token"], json=body)).json()

    claims = jwt.decode(new["access_token"], options={"verify_signature": False})
    assert (claims["amr"], claims["auth_time"]) == (["pwd", "otp", "mfa"], int(clock() - 901))
    assert outcome(await client.delete(TOTP, new["access_token"])) == (401, "reauthentication-required")


async def test_member_is_unavailable(client, member):
    mine = await client.tokens()
    member.away = True

    for response in (await client.get("/auth/mfa", mine["access_token"]), await confirm(client, mine)):
        assert outcome(response) == (503, "member-unavailable")


async def test_changes_are_written_down_without_a_secret(client, logs):
    mine = (await confirm(client, await client.tokens())).json()
    await client.post(CODES, mine["access_token"])
    await client.delete(TOTP, mine["access_token"])

    events = [entry["event"] for entry in logs]
    assert {"factor_enabled", "recovery_codes_replaced", "factor_disabled"} <= set(events)
    assert not [entry for entry in logs if "111111" in str(entry) or "LMNPQ" in str(entry) or "ABCDE" in str(entry)]
