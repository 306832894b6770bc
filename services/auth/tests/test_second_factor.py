"""The second step of a log-in: a challenge that opens one session, for one client, for a few minutes."""

from __future__ import annotations

import asyncio

import jwt
import pytest

from platform_auth.login.challenges import CHALLENGE_KEY

CODES = [f"00000{number}" for number in range(10)]
RECOVERY = "ABCDE-FGHJK"


@pytest.fixture(autouse=True)
def factors(member):
    member.add_codes(totp=CODES, recovery_code=[RECOVERY])


async def challenge_of(client) -> str:
    response = await client.login()
    assert (response.status_code, response.json()["code"]) == (401, "second-factor-required")
    token: str = response.json()["challenge"]
    return token


async def complete(client, challenge, code=CODES[0], method="totp"):
    body = {"challenge": challenge, "method": method, "code": code}
    return await client.http.post("/auth/login/second-factor", json=body)


def outcome(response):
    return response.status_code, response.json().get("code")


def claims(response):
    return jwt.decode(response.json()["access_token"], options={"verify_signature": False})


async def test_a_password_alone_opens_no_session(client, store):
    response = await client.login()

    assert outcome(response) == (401, "second-factor-required")
    assert response.json().keys() >= {"challenge", "methods", "expires_in"}
    assert (response.json()["methods"], response.json()["expires_in"]) == (["totp", "recovery-code"], 300)
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Cache-Control"] == "no-store"
    assert not await store.keys("auth:session:*")


async def test_a_wrong_password_is_refused_as_without_a_second_factor(client):
    assert outcome(await client.login(password="wrong")) == (401, "credentials-invalid")


async def test_a_code_opens_the_session(client):
    response = await complete(client, await challenge_of(client))

    assert response.status_code == 200
    assert response.json()["member"]["email"] == "ada@example.com"
    assert (await client.verify(response.json()["access_token"])).status_code == 200


@pytest.mark.parametrize(
    ("method", "code", "amr"), [("totp", CODES[0], ["pwd", "otp", "mfa"]), ("recovery-code", RECOVERY, ["pwd", "mfa"])]
)
async def test_the_token_says_how_the_member_logged_in_and_keeps_it(client, clock, method, code, amr):
    response = await complete(client, await challenge_of(client), code, method)
    clock.advance(60)
    refreshed = await client.refresh(response.json()["refresh_token"])

    first, second = claims(response), claims(refreshed)
    assert (first["amr"], first["acr"], first["auth_time"]) == (amr, "aal2", int(clock() - 60))
    assert {name: second[name] for name in ("amr", "acr", "auth_time")} == {
        name: first[name] for name in ("amr", "acr", "auth_time")
    }


async def test_without_a_second_factor_the_token_says_so(client, member):
    member.add_codes()

    response = await client.login()

    assert (claims(response)["amr"], claims(response)["acr"]) == (["pwd"], "aal1")


async def test_a_wrong_code_leaves_the_challenge_good(client):
    challenge = await challenge_of(client)

    assert outcome(await complete(client, challenge, "999999")) == (401, "second-factor-invalid")
    assert (await complete(client, challenge)).status_code == 200


async def test_a_challenge_opens_one_session(client):
    challenge = await challenge_of(client)
    await complete(client, challenge)

    assert outcome(await complete(client, challenge, CODES[1])) == (401, "challenge-invalid")


async def test_of_two_right_codes_at_once_one_opens_a_session(client, store):
    challenge = await challenge_of(client)

    answers = await asyncio.gather(
        *(complete(client, challenge, code) for code in CODES[:4]),
        complete(client, challenge, RECOVERY, "recovery-code"),
    )

    assert sorted(response.status_code for response in answers) == [200] + [401] * 4
    assert len(await store.keys("auth:session:*")) == 1


async def test_another_client_cannot_use_a_challenge(client, auth, client_of):
    challenge = await challenge_of(client)

    assert outcome(await complete(client_of(auth, "198.51.100.1"), challenge)) == (401, "challenge-invalid")
    assert (await complete(client, challenge)).status_code == 200


@pytest.mark.parametrize("challenge", ["x", "A" * 43, "é" * 20])
async def test_a_made_up_challenge_is_refused_and_nothing_is_counted(client, member, store, challenge):
    requests = len(member.requests)

    assert outcome(await complete(client, challenge)) == (401, "challenge-invalid")
    assert len(member.requests) == requests
    assert not await store.keys("auth:limit:*")


async def test_a_challenge_expires(client, store):
    challenge = await challenge_of(client)
    [key] = await store.keys(f"{CHALLENGE_KEY}*")
    assert 290 < await store.ttl(key) <= 300
    assert challenge not in key

    # What the store does when the time has come.
    await store.pexpireat(key, 1)

    assert outcome(await complete(client, challenge)) == (401, "challenge-invalid")


async def test_a_change_of_the_account_ends_its_challenges(client, member, store):
    challenge = await challenge_of(client)
    member.accounts["ada@example.com"]["epoch"] += 1

    assert outcome(await complete(client, challenge)) == (401, "challenge-invalid")
    assert not await store.keys(f"{CHALLENGE_KEY}*")


async def test_a_change_during_the_second_step_leaves_no_session(client, member, service_token, store):
    challenge = await challenge_of(client)

    async def end_sessions():
        path = f"/internal/members/{member.accounts['ada@example.com']['member']['id']}/sessions?epoch=5"
        await client.http.delete(path, headers=service_token)

    member.before_response_to_verify = end_sessions

    assert outcome(await complete(client, challenge)) == (409, "login-superseded")
    assert not await store.keys("auth:session:*")


async def test_a_factor_that_is_set_up_during_a_log_in_is_asked_for(client, member, service_token):
    account = member.accounts["ada@example.com"]
    member.add_codes()

    async def enable():
        member.add_codes(totp=CODES)
        account["epoch"] += 1
        path = f"/internal/members/{account['member']['id']}/sessions?epoch={account['epoch']}"
        await client.http.delete(path, headers=service_token)

    member.before_response_to_verify = enable

    assert outcome(await client.login()) == (401, "second-factor-required")


async def test_member_is_unavailable_and_the_challenge_stays_good(client, member):
    challenge = await challenge_of(client)
    member.away = True
    for _ in range(25):
        assert outcome(await complete(client, challenge)) == (503, "member-unavailable")
    member.away = False

    assert (await complete(client, challenge)).status_code == 200


async def test_guesses_from_one_address_are_few_and_new_passwords_give_no_new_ones(client):
    for _ in range(10):
        assert outcome(await complete(client, await challenge_of(client), "999999")) == (401, "second-factor-invalid")

    response = await client.login()

    assert outcome(response) == (429, "too-many-attempts")
    assert int(response.headers["Retry-After"]) > 0


async def test_parallel_guesses_are_counted_too(client):
    challenge = await challenge_of(client)

    answers = await asyncio.gather(*(complete(client, challenge, "999999") for _ in range(30)))

    assert sum(response.status_code == 401 for response in answers) <= 10


async def test_guesses_of_an_account_are_few_from_all_addresses_together(auth, client_of):
    for number in range(20):
        client = client_of(auth, f"198.51.100.{number}")
        assert outcome(await complete(client, await challenge_of(client), "999999")) == (401, "second-factor-invalid")
    owner = client_of(auth)

    challenge = await challenge_of(owner)

    assert outcome(await complete(owner, challenge)) == (429, "too-many-attempts")
    # Whom a thief of the password locks out that way has codes that are too long for guessing.
    assert (await complete(owner, challenge, RECOVERY, "recovery-code")).status_code == 200


async def test_log_ins_with_a_code_are_no_failures(client, member):
    for number in range(12):
        member.add_codes(totp=CODES)
        assert (await complete(client, await challenge_of(client))).status_code == 200, number


@pytest.mark.parametrize("value", [b"", b"x", b"{}", b'{"member":1,"epoch":1,"account":"a","client":"b"}', b"[]"])
async def test_a_poisoned_value_is_no_challenge(client, store, value):
    challenge = await challenge_of(client)
    [key] = await store.keys(f"{CHALLENGE_KEY}*")
    await store.set(key, value)

    assert outcome(await complete(client, challenge)) == (401, "challenge-invalid")


@pytest.mark.parametrize("wrong", [{"method": "sms"}, {"method": None}, {"code": ""}, {"code": "1" * 65}, {"more": 1}])
async def test_what_does_not_fit_is_named(client, wrong):
    body = {"challenge": "x", "method": "totp", "code": "123456"} | wrong

    response = await client.http.post("/auth/login/second-factor", json=body)

    assert outcome(response) == (422, "payload-invalid")


async def test_every_step_is_written_down_without_a_secret(client, logs):
    challenge = await challenge_of(client)
    await complete(client, challenge, "999999")
    await complete(client, challenge)
    await complete(client, challenge)

    written = [(entry["event"], entry["outcome"]) for entry in logs if entry["event"].startswith(("login", "chall"))]
    assert written == [
        ("login_second_factor_required", "continued"),
        ("login_code_refused", "refused"),
        ("login_succeeded", "succeeded"),
        ("challenge_refused", "refused"),
    ]
    assert not [entry for entry in logs if challenge in str(entry) or CODES[0] in str(entry) or "999999" in str(entry)]
