"""Passkeys: what authenticators prove, and what is refused."""

from __future__ import annotations

import asyncio
import secrets
import uuid

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from platform_member.config import PasskeySettings
from platform_member.passkeys.service import MAX_PASSKEYS
from platform_testing.authenticator import Authenticator, Passkey, encode

ORIGIN = "https://members.test"
KEEP = "s-kept"


class Passkeys:
    """One member's passkeys by the internal API, as auth uses it."""

    def __init__(self, client, member, service) -> None:
        self.client = client
        self.member = member
        self.service = service
        self.path = f"/internal/members/{member.id}/passkeys"
        self.authenticator = Authenticator(ORIGIN)

    async def ask(self, method, path, **more):
        return await self.client.request(method, path, headers=self.service("auth"), **more)

    async def options(self, path=None, challenge=None):
        challenge = challenge or secrets.token_urlsafe(32)
        response = await self.ask(
            "POST", path or f"/internal/members/{self.member.id}/passkey-options", json={"challenge": challenge}
        )
        assert response.status_code == 200, response.text
        return challenge, response.json()["public_key"]

    async def register(self, name="Phone", **wrong):
        challenge, options = await self.options()
        return await self.add(challenge, self.authenticator.create(options, **wrong), name)

    async def add(self, challenge, credential, name="Phone"):
        return await self.ask("POST", self.path, json={"challenge": challenge, "name": name, "credential": credential})

    async def sign(self, **wrong):
        challenge, options = await self.options("/internal/passkeys/options")
        return challenge, self.authenticator.get(options, **wrong)

    async def verify(self, challenge, credential):
        return await self.ask(
            "POST", "/internal/passkeys/verify", json={"challenge": challenge, "credential": credential}
        )

    async def log_in(self, **wrong):
        return await self.verify(*await self.sign(**wrong))

    async def list(self):
        return (await self.ask("GET", self.path)).json()["items"]

    async def remove(self, passkey_id):
        return await self.ask("DELETE", f"{self.path}/{passkey_id}", params={"keep_session": KEEP})


@pytest.fixture
def passkeys(client, ann, service) -> Passkeys:
    """Ann's passkeys."""
    return Passkeys(client, ann, service)


def outcome(response):
    return response.status_code, response.json().get("code")


async def test_the_options_ask_for_a_discoverable_passkey_with_user_verification(passkeys):
    await passkeys.register()

    challenge, options = await passkeys.options()

    assert options["rp"] == {"name": "Member Platform", "id": "members.test"}
    assert options["challenge"] == challenge
    assert options["user"] == {
        "id": encode(uuid.UUID(passkeys.member.id).bytes),
        "name": "ann@example.com",
        "displayName": "Ann",
    }
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert [one["id"] for one in options["excludeCredentials"]] == [encode(passkeys.authenticator.passkeys[0].id)]
    assert options["attestation"] == "none"


async def test_the_log_in_options_name_no_member(passkeys):
    _, options = await passkeys.options("/internal/passkeys/options")

    assert (options["rpId"], options["userVerification"]) == ("members.test", "required")
    assert not options.get("allowCredentials")


@pytest.mark.parametrize("synced", [False, True])
async def test_a_passkey_identifies_its_member(passkeys, synced):
    passkeys.authenticator.synced = synced
    registered = await passkeys.register()

    first, second = await passkeys.log_in(), await passkeys.log_in()

    assert (registered.status_code, first.status_code, second.status_code) == (201, 200, 200)
    assert first.json()["member"]["id"] == passkeys.member.id
    assert (first.json()["session_epoch"], first.json()["device_bound"]) == (1, not synced)
    [listed] = await passkeys.list()
    assert listed["last_used_at"] is not None
    assert (listed["name"], listed["backed_up"]) == ("Phone", synced)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"origin": "https://evil.test"}, "origin"),
        ({"rp_id": "evil.test"}, "RP ID"),
        ({"challenge": encode(b"x" * 32)}, "challenge"),
        ({"verified": False}, "verif"),
        ({"kind": "webauthn.get"}, "type"),
        ({"cross_origin": True}, "embedded"),
    ],
)
async def test_a_registration_with_one_thing_wrong_is_refused_and_the_log_says_why(passkeys, wrong, reason):
    with capture_logs() as logs:
        response = await passkeys.register(**wrong)

    assert outcome(response) == (422, "passkey-invalid")
    assert response.json()["errors"][0]["pointer"] == "/credential"
    assert [reason in entry["reason"] for entry in logs if entry["event"] == "passkey_refused"] == [True]
    assert await passkeys.list() == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"origin": "https://evil.test"}, "origin"),
        ({"rp_id": "evil.test"}, "RP ID"),
        ({"challenge": encode(b"x" * 32)}, "challenge"),
        ({"verified": False}, "verif"),
        ({"kind": "webauthn.create"}, "type"),
        ({"cross_origin": True}, "embedded"),
        ({"counter": 1}, "sign count"),
        ({"counter": 0}, "sign count"),
        ({"synced": True}, "backup"),
    ],
)
async def test_a_log_in_with_one_thing_wrong_is_refused_and_the_log_says_why(passkeys, wrong, reason):
    await passkeys.register()

    with capture_logs() as logs:
        response = await passkeys.log_in(**wrong)

    assert outcome(response) == (422, "passkey-invalid")
    assert [reason in entry["reason"] for entry in logs if entry["event"] == "passkey_refused"] == [True]
    assert (await passkeys.list())[0]["last_used_at"] is None


async def test_another_key_another_members_handle_and_an_unknown_credential_are_refused(passkeys, bob):
    await passkeys.register()
    [own] = passkeys.authenticator.passkeys
    other = Authenticator(ORIGIN)
    _, options = await passkeys.options()
    other.create(options)
    stranger = other.passkeys[0]

    for forged in (
        Passkey(own.id, stranger.key, own.user_handle),
        Passkey(own.id, own.key, uuid.UUID(bob.id).bytes),
        stranger,
    ):
        passkeys.authenticator.passkeys = [forged]
        assert outcome(await passkeys.log_in()) == (422, "passkey-invalid")


async def test_the_same_response_counts_once(passkeys):
    await passkeys.register()
    challenge, credential = await passkeys.sign()

    answers = await asyncio.gather(*(passkeys.verify(challenge, credential) for _ in range(4)))

    assert sorted(response.status_code for response in answers) == [200, 422, 422, 422]


async def test_a_credential_is_registered_once(passkeys, bob):
    challenge, options = await passkeys.options()
    credential = passkeys.authenticator.create(options)
    assert (await passkeys.add(challenge, credential)).status_code == 201

    assert outcome(await passkeys.add(challenge, credential)) == (422, "passkey-invalid")
    passkeys.path = f"/internal/members/{bob.id}/passkeys"
    assert outcome(await passkeys.add(challenge, credential)) == (422, "passkey-invalid")


async def test_a_suspended_member_is_refused(passkeys, database):
    await passkeys.register()
    database.run("UPDATE members SET status = 'suspended'")

    assert outcome(await passkeys.log_in()) == (422, "passkey-invalid")


async def test_a_passkey_gets_another_name(passkeys):
    passkey = (await passkeys.register()).json()

    response = await passkeys.ask("PUT", f"{passkeys.path}/{passkey['id']}", json={"name": "Old phone"})

    assert (response.status_code, response.json()["name"]) == (200, "Old phone")
    assert [one["name"] for one in await passkeys.list()] == ["Old phone"]


@pytest.mark.parametrize("name", ["", " ", "\u202e", "x" * 65, "a\nb"])
async def test_a_name_is_one_visible_line(passkeys, name):
    assert outcome(await passkeys.register(name)) == (422, "payload-invalid")


async def test_a_removed_passkey_logs_no_one_in_and_the_other_sessions_end(passkeys, auth):
    passkey = (await passkeys.register()).json()

    response = await passkeys.remove(passkey["id"])

    assert (response.status_code, response.json()["session_epoch"]) == (200, 2)
    assert (auth.ended, auth.requests[-1].url.params["except"]) == ([(passkeys.member.id, 2)], KEEP)
    assert await passkeys.list() == []
    assert outcome(await passkeys.log_in()) == (422, "passkey-invalid")


async def test_another_members_passkey_is_not_found(passkeys, bob):
    passkey = (await passkeys.register()).json()
    passkeys.path = f"/internal/members/{bob.id}/passkeys"

    renamed = await passkeys.ask("PUT", f"{passkeys.path}/{passkey['id']}", json={"name": "Mine"})

    assert outcome(renamed) == (404, "passkey-not-found")
    assert outcome(await passkeys.remove(passkey["id"])) == (404, "passkey-not-found")


async def test_a_member_has_a_bounded_number_of_passkeys(passkeys):
    challenge, options = await passkeys.options()
    credentials = [passkeys.authenticator.create(options) for _ in range(MAX_PASSKEYS + 1)]

    answers = await asyncio.gather(*(passkeys.add(challenge, one) for one in credentials))

    assert sorted(response.status_code for response in answers) == [201] * MAX_PASSKEYS + [409]
    assert {outcome(response) for response in answers if response.status_code != 201} == {(409, "too-many-passkeys")}
    assert outcome(
        await passkeys.ask(
            "POST", f"/internal/members/{passkeys.member.id}/passkey-options", json={"challenge": challenge}
        )
    ) == (
        409,
        "too-many-passkeys",
    )


async def test_an_administrator_sees_the_number_of_passkeys_and_a_reset_removes_them(passkeys, admin, client):
    await passkeys.register()
    path = f"/api/admin/members/{passkeys.member.id}"
    assert (await client.get(f"{path}/factors", headers=admin.headers)).json()["passkeys"] == 1

    response = await client.post(f"{path}/reset-factors", json={"reason": "Lost phone"}, headers=admin.headers)

    assert response.status_code == 200
    assert (await client.get(f"{path}/factors", headers=admin.headers)).json()["passkeys"] == 0
    assert await passkeys.list() == []


@pytest.mark.parametrize(
    "response",
    [
        {"attestationObject": encode(b"\xff")},
        {"attestationObject": encode(b"\xa0")},
        {"attestationObject": encode(b"\x9f" * 5000)},
        {"clientDataJSON": encode(b"[" * 1000)},
        {"clientDataJSON": encode(b"\xff\xfe")},
        {"clientDataJSON": encode(b"null")},
    ],
)
async def test_a_hostile_registration_is_refused(passkeys, response):
    challenge, options = await passkeys.options()
    credential = passkeys.authenticator.create(options)
    credential["response"] |= response

    assert outcome(await passkeys.add(challenge, credential)) == (422, "passkey-invalid")


@pytest.mark.parametrize(
    "response",
    [
        {"authenticatorData": encode(b"short")},
        {"authenticatorData": encode(b"\xff" * 60)},
        {"signature": encode(b"\x30\x00")},
        {"userHandle": encode(b"\x00")},
        {"clientDataJSON": encode(b'{"type":[],"challenge":{},"origin":1}')},
    ],
)
async def test_a_hostile_log_in_is_refused(passkeys, response):
    await passkeys.register()
    challenge, credential = await passkeys.sign()
    credential["response"] |= response

    assert outcome(await passkeys.verify(challenge, credential)) == (422, "passkey-invalid")


@pytest.mark.parametrize("raw_id", ["\u00e9", "a b", "a" * 2000, "AAAAA", "", 5, None])
async def test_what_is_no_credential_is_refused_by_its_form(passkeys, raw_id):
    await passkeys.register()
    challenge, credential = await passkeys.sign()

    assert outcome(await passkeys.verify(challenge, credential | {"rawId": raw_id})) == (422, "payload-invalid")


async def test_only_auth_may_ask(passkeys, client, service):
    for path in (passkeys.path, f"/internal/members/{passkeys.member.id}/passkey-options", "/internal/passkeys/verify"):
        response = await client.post(path, json={}, headers=service("web"))
        assert response.status_code == 403


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"public_url": "http://127.0.0.1:8080"}, None),
        ({"public_url": "http://[::1]:8080"}, None),
        ({"public_url": "https://Shop.Example/"}, ("shop.example", ("https://shop.example",))),
        ({"public_url": "http://localhost:8080"}, ("localhost", ("http://localhost:8080",))),
        (
            {"public_url": "https://www.shop.example", "passkey_rp_id": "shop.example"},
            ("shop.example", ("https://www.shop.example",)),
        ),
        (
            {"passkey_rp_id": "shop.example", "passkey_origins": "https://shop.example, https://m.shop.example:8443"},
            ("shop.example", ("https://shop.example", "https://m.shop.example:8443")),
        ),
    ],
)
def test_the_relying_party_follows_the_public_url(settings, expected):
    assert PasskeySettings(_env_file=None, **settings).relying_party == expected


@pytest.mark.parametrize(
    "settings",
    [
        {"passkey_rp_id": "shop.example", "passkey_origins": "https://evilshop.example"},
        {"passkey_rp_id": "shop.example", "passkey_origins": "https://shop.example/path"},
        {"passkey_rp_id": "shop.example", "public_url": "https://other.example"},
        {"passkey_rp_id": "127.0.0.1", "passkey_origins": "https://127.0.0.1"},
        {"passkey_rp_id": "https://shop.example"},
    ],
)
def test_an_rp_id_and_origins_that_do_not_fit_fail_the_start(settings):
    with pytest.raises(ValidationError):
        PasskeySettings(_env_file=None, **settings)
