"""Second factors: an authenticator app and recovery codes, each code good for one log-in."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import pyotp
import pytest
from structlog.testing import capture_logs

from membertests.factors import KEEP, Factors
from platform_member.app import make_app
from platform_member.factors.encryption import SecretEncryption, SecretUnreadable
from platform_member.factors.totp import STEP_SECONDS
from platform_testing.tokens import Clock


@pytest.fixture
def now() -> Clock:
    """The service's clock, at the start of a time step."""
    return Clock(time.time() // STEP_SECONDS * STEP_SECONDS)


@pytest.fixture
def make_replica(auth, now):
    """Replicas run by the test's clock."""
    return lambda settings: make_app(settings, auth, now)[0]


@pytest.fixture
def factors(client, ann, service, now) -> Factors:
    """Ann's factors."""
    return Factors(client, ann, service, now)


async def test_a_member_without_factors_logs_in_by_its_password_alone(factors):
    assert await factors.methods() == []
    assert await factors.read() == {"totp": None, "recovery_codes_left": 0, "passkeys": 0}


async def test_the_app_gets_a_secret_under_the_members_address(factors):
    response = await factors.start()

    parsed = pyotp.parse_uri(response.json()["uri"])
    assert response.headers["cache-control"] == "no-store"
    assert (parsed.secret, parsed.name, parsed.issuer) == (factors.secret, "ann@example.com", "Member Platform")
    assert len(factors.secret) == 32


async def test_an_app_whose_set_up_was_not_finished_is_no_factor(factors):
    await factors.start()

    assert await factors.methods() == []
    assert (await factors.verify(epoch=1)).json()["code"] == "code-wrong"


async def test_a_right_code_makes_the_app_a_factor(factors, auth):
    await factors.start()

    response = await factors.confirm()

    assert (response.status_code, response.json()["session_epoch"]) == (200, 2)
    assert response.headers["cache-control"] == "no-store"
    assert (await factors.read())["totp"] is not None
    assert await factors.methods() == ["totp", "recovery-code"]
    assert auth.ended == [(factors.member.id, 2)]
    assert auth.requests[-1].url.params["except"] == KEEP


async def test_without_auth_the_set_up_holds_and_the_sessions_end_later(factors, auth):
    await factors.start()
    auth.away = True

    response = await factors.confirm()

    assert (response.status_code, len(response.json()["recovery_codes"])) == (202, 10)
    assert await factors.methods() == ["totp", "recovery-code"]


async def test_a_wrong_code_confirms_nothing(factors, auth):
    await factors.start()

    response = await factors.confirm(factors.code(5))

    assert (response.status_code, response.json()["code"]) == (422, "code-wrong")
    assert response.json()["errors"][0]["pointer"] == "/code"
    assert await factors.methods() == []
    assert auth.ended == []


async def test_a_new_start_replaces_an_unfinished_one(factors):
    await factors.start()
    old = factors.code()
    await factors.start()

    assert (await factors.confirm(old)).status_code == 422
    assert (await factors.confirm()).status_code == 200


async def test_a_second_app_takes_no_ones_place_silently(factors):
    await factors.enable()

    for response in (await factors.start(), await factors.confirm()):
        assert (response.status_code, response.json()["code"]) == (409, "factor-exists")
    assert (await factors.verify()).status_code == 200


async def test_nothing_started_is_nothing_to_confirm(factors):
    assert (await factors.confirm("123456")).json()["code"] == "factor-not-found"


async def test_of_parallel_confirmations_one_holds(factors):
    await factors.start()

    answers = await asyncio.gather(*(factors.confirm() for _ in range(4)))

    assert [response.status_code for response in answers].count(200) == 1
    assert (await factors.read())["recovery_codes_left"] == 10
    [winner] = [response.json()["recovery_codes"] for response in answers if response.status_code == 200]
    assert (await factors.verify(winner[0], "recovery-code")).status_code == 200


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_codes_of_the_step_and_its_neighbours_are_right(factors, steps):
    await factors.enable()
    factors.clock.advance(10 * STEP_SECONDS)

    response = await factors.verify(factors.code(steps))

    assert (response.status_code, response.json()["member"]["id"]) == (200, factors.member.id)


@pytest.mark.parametrize("steps", [-2, 2])
async def test_codes_further_away_are_wrong(factors, steps):
    await factors.enable()
    factors.clock.advance(10 * STEP_SECONDS)

    assert (await factors.verify(factors.code(steps))).status_code == 422


async def test_a_code_is_right_once(factors):
    await factors.enable()

    assert [(await factors.verify()).status_code for _ in range(2)] == [200, 422]
    factors.clock.advance(STEP_SECONDS)
    assert (await factors.verify(factors.code(-1))).status_code == 422
    assert (await factors.verify()).status_code == 200


async def test_the_code_that_confirmed_the_app_opens_no_session(factors):
    await factors.start()
    code = factors.code()
    await factors.confirm(code)

    assert (await factors.verify(code)).status_code == 422


async def test_of_parallel_uses_of_one_code_one_is_right(factors):
    await factors.enable()
    code = factors.code()

    answers = await asyncio.gather(*(factors.verify(code) for _ in range(8)))

    assert sorted(response.status_code for response in answers) == [200] + [422] * 7


@pytest.mark.parametrize("spelling", ["{} {}", "{}-{}", " {}{} ", "\u00a0{}{}"])
async def test_a_code_may_be_typed_in_groups(factors, spelling):
    await factors.enable()
    code = factors.code()

    assert (await factors.verify(spelling.format(code[:3], code[3:]))).status_code == 200


async def test_full_width_digits_are_digits(factors):
    await factors.enable()

    assert (await factors.verify(factors.code().translate({48 + d: 0xFF10 + d for d in range(10)}))).status_code == 200


@pytest.mark.parametrize("code", ["x", "12345", "1234567", "é" * 6, "\u0661\u0662\u0663\u0664\u0665\u0666"])
async def test_what_is_no_code_is_wrong(factors, code):
    await factors.enable()

    for method in ("totp", "recovery-code"):
        assert (await factors.verify(code, method)).json()["code"] == "code-wrong"


async def test_recovery_codes_are_ten_and_each_is_right_once(factors):
    await factors.enable()

    assert len(set(factors.recovery_codes)) == 10
    for code in factors.recovery_codes:
        assert [(await factors.verify(code, "recovery-code")).status_code for _ in range(2)] == [200, 422]
    assert (await factors.read())["recovery_codes_left"] == 0
    assert await factors.methods() == ["totp"]


async def test_of_parallel_uses_of_one_recovery_code_one_is_right(factors):
    await factors.enable()

    answers = await asyncio.gather(*(factors.verify(factors.recovery_codes[3], "recovery-code") for _ in range(5)))

    assert sorted(response.status_code for response in answers) == [200] + [422] * 4


async def test_a_recovery_code_may_be_typed_as_it_was_read(factors):
    await factors.enable()
    code = factors.recovery_codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert (await factors.verify(code, "recovery-code")).status_code == 200


async def test_recovery_codes_are_kept_as_argon2id_with_a_salt_of_the_members_own(factors, database):
    await factors.enable()

    hashes = [row["code_hash"] for row in database.run("SELECT code_hash FROM recovery_codes")]
    assert all(one.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for one in hashes)
    first = {one.split("$")[4] for one in hashes}
    await factors.new_codes()
    [second] = {row["code_hash"].split("$")[4] for row in database.run("SELECT code_hash FROM recovery_codes")}
    assert first != {second}
    assert len(first) == 1


async def test_new_recovery_codes_replace_the_old_ones(factors, auth):
    await factors.enable()
    ended = list(auth.ended)

    response = await factors.new_codes()

    assert response.status_code == 201
    assert (await factors.verify(factors.recovery_codes[0], "recovery-code")).status_code == 422
    assert (await factors.verify(response.json()["recovery_codes"][0], "recovery-code")).status_code == 200
    assert auth.ended == ended


async def test_only_who_has_an_app_gets_recovery_codes(factors):
    await factors.start()

    assert (await factors.new_codes()).json()["code"] == "factor-not-found"


async def test_without_the_app_the_password_is_enough_again(factors, auth, database):
    await factors.enable()

    response = await factors.remove()

    assert (response.status_code, response.json()["session_epoch"]) == (200, 3)
    assert auth.ended[-1] == (factors.member.id, 3)
    assert auth.requests[-1].url.params["except"] == KEEP
    assert await factors.methods() == []
    assert database.one("SELECT count(*) FROM recovery_codes") == 0
    assert (await factors.remove()).json()["code"] == "factor-not-found"


async def test_a_code_under_an_older_epoch_is_not_looked_at(factors):
    """The password was verified before the password, the factors or the roles were changed."""
    await factors.enable()
    code = factors.code()

    assert (await factors.verify(code, epoch=1)).json()["code"] == "credentials-invalid"
    assert (await factors.verify(code, epoch=3)).json()["code"] == "credentials-invalid"
    assert (await factors.verify(code)).status_code == 200


async def test_a_suspended_member_uses_no_code(factors, database):
    await factors.enable()
    database.run("UPDATE members SET status = 'suspended'")

    assert (await factors.verify()).json()["code"] == "credentials-invalid"


async def test_another_members_code_is_wrong(factors, client, bob, service, now):
    await factors.enable()
    other = Factors(client, bob, service, now)
    await other.enable()

    assert (await factors.verify(other.code())).status_code == 422
    assert (await factors.verify(other.recovery_codes[0], "recovery-code")).status_code == 422


async def test_a_secret_is_encrypted_and_bound_to_its_member(factors, client, bob, service, now, database):
    await factors.enable()
    await Factors(client, bob, service, now).enable()
    stored = database.one("SELECT encrypted_secret FROM totp_factors WHERE member_id = %s", factors.member.id)
    assert factors.secret.encode() not in bytes(stored)

    database.run("UPDATE totp_factors SET encrypted_secret = %s", stored)

    other = Factors(client, bob, service, now)
    other.secret = factors.secret
    assert (await other.verify()).status_code == 500
    assert (await factors.verify()).status_code == 200


async def test_a_new_key_encrypts_and_the_old_ones_still_decrypt(factors, start, connect, make_settings):
    await factors.enable()

    factors.client = await connect(await start(make_settings(factor_keys=f"{'n' * 32}, {'f' * 32}")))

    assert (await factors.verify()).status_code == 200


def test_no_other_key_decrypts():
    first, second = SecretEncryption(["a" * 32]), SecretEncryption(["b" * 32])
    member = UUID(int=1)
    with pytest.raises(SecretUnreadable):
        second.decrypt(member, first.encrypt(member, "SECRET"))


@pytest.mark.parametrize("keys", ["short", f"{'k' * 32},short", f"{'k' * 32},"])
def test_a_short_key_ends_the_start(make_settings, keys):
    with pytest.raises(ValueError, match="at least 32 bytes"):
        make_settings(factor_keys=keys)


async def test_factors_go_with_their_member(factors, client, database):
    await factors.enable()

    await client.delete(factors.member.path, headers=factors.member.headers)

    assert database.one("SELECT count(*) FROM totp_factors") == 0
    assert database.one("SELECT count(*) FROM recovery_codes") == 0


@pytest.mark.parametrize("caller", ["shop", "web"])
async def test_only_auth_manages_factors(factors, caller):
    factors.caller = caller

    assert (await factors.start()).status_code == 403
    assert (await factors.verify("123456")).status_code == 403


async def test_an_administrator_resets_factors_with_a_reason(factors, client, admin, auth):
    await factors.enable()
    path = f"/api/admin/members/{factors.member.id}"
    assert (await client.get(f"{path}/factors", headers=admin.headers)).json()["recovery_codes_left"] == 10

    with capture_logs() as logs:
        response = await client.post(f"{path}/reset-factors", json={"reason": "Lost phone"}, headers=admin.headers)

    assert (response.status_code, response.json()["id"]) == (200, factors.member.id)
    assert await factors.methods() == []
    assert auth.ended[-1] == (factors.member.id, 3)
    assert "except" not in auth.requests[-1].url.params
    [entry] = [entry for entry in logs if entry["event"] == "factors_reset"]
    assert (entry["reason"], entry["by"]) == ("Lost phone", admin.id)


async def test_a_reset_without_factors_or_reason_does_nothing(factors, client, admin):
    path = f"/api/admin/members/{factors.member.id}/reset-factors"

    for reason, status in (("Lost phone", 404), ("", 422), ("  ", 422), ("x\x1b", 422), ("x" * 201, 422)):
        response = await client.post(path, json={"reason": reason}, headers=admin.headers)
        assert response.status_code == status, reason


async def test_a_reset_requires_an_administrator_with_a_recent_log_in(factors, client, make_member):
    await factors.enable()
    path = f"/api/admin/members/{factors.member.id}/reset-factors"
    stale = make_member("stale", "admin", auth_time=int(time.time()) - 3600)

    for caller, status in ((factors.member, 403), (stale, 401)):
        response = await client.post(path, json={"reason": "Lost phone"}, headers=caller.headers)
        assert response.status_code == status
    assert await factors.methods() == ["totp", "recovery-code"]
