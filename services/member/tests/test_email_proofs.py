"""Links and codes in mails: each works once, for a while, for one purpose, and reveals nothing to anyone else."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from membertests.factors import Factors
from platform_member.confirmations.secrets import ConfirmationSecrets
from platform_member.mail import repository as mail_repository
from platform_member.mail_worker.contents import Contents
from platform_testing.tokens import Clock

NEW = "a loud evening in the city"
VERIFY, LINK, CODE = (f"/internal/email-verifications{path}" for path in ("", "/link", "/code"))
FORGOT, RESET = "/internal/password-resets", "/internal/password-resets/link"
VERIFIED = "SELECT email_verified_at IS NOT NULL FROM members WHERE id = %s"
EPOCH = "SELECT session_epoch FROM members WHERE id = %s"


@pytest.fixture
def settings(make_settings):
    return make_settings(mail_enabled=True)


@pytest.fixture
def deliver(services, settings, database):
    """Return a function that completes every written mail, as the worker does before it sends it."""
    contents = Contents(ConfirmationSecrets(settings.fingerprint_key.get_secret_value()), "https://shop.example")

    async def deliver(*, keep=False):
        database.run("UPDATE mails SET next_attempt_at = now()")
        async with services.sessions.begin() as session:
            leased = await mail_repository.lease_due(session, timedelta(minutes=5), 100)
            found = [(mail, await contents.complete(session, mail)) for mail in leased]
            for mail in leased:
                if not keep:
                    await mail_repository.remove(session, mail.id)
        return [(mail.kind, mail.recipient, dict(content.values)) for mail, content in found if content is not None]

    return deliver


@pytest.fixture
def post(client, service):
    """Return a function that calls an internal path as auth."""

    async def post(path, **body):
        return await client.post(path, json=body, headers=service())

    return post


@pytest.fixture
def verification(post, deliver):
    """Return a function that asks for a verification of a member's address: the link's token and the code."""

    async def verification(member, **how):
        assert (await post(VERIFY, member_id=member.id)).status_code == 202
        ((_, recipient, values),) = await deliver(**how)
        assert recipient == member.email
        return token_of(values), values["code"]

    return verification


@pytest.fixture
def recovery(post, deliver):
    """Return a function that asks for a link to reset a member's password: its token."""

    async def recovery(member, **how):
        assert (await post(FORGOT, email=member.email, locale="ko")).status_code == 202
        ((_, _, values),) = await deliver(**how)
        return token_of(values)

    return recovery


def token_of(values):
    return values["link"].partition("?token=")[2]


def other_code(code):
    return f"{(int(code) + 1) % 10**6:06}"


async def test_a_registration_asks_to_verify_the_address(post, registration, deliver, database):
    response = await post("/internal/members", **registration("new"))

    assert response.json()["email_verified"] is False
    ((kind, recipient, values),) = await deliver()
    assert (kind, recipient) == ("verify-email", "new@example.com")
    assert values["link"].startswith("https://shop.example/verify-email?token=")
    assert len(values["code"]) == 6
    assert (await post(LINK, token=token_of(values))).status_code == 204
    assert database.one(VERIFIED, response.json()["id"])


async def test_a_link_verifies_the_address_once(post, verification, ann, client):
    token, _ = await verification(ann)

    first, second = [await post(LINK, token=token) for _ in range(2)]

    assert first.status_code == 204
    assert (second.status_code, second.json()["code"]) == (422, "link-invalid")
    me = await client.get("/api/members/me", headers=ann.headers)
    assert (me.json()["email_verified"], me.json()["version"]) == (True, 2)


async def test_of_concurrent_uses_of_a_link_one_succeeds(post, recovery, ann):
    token = await recovery(ann)

    responses = await asyncio.gather(*(post(RESET, token=token, new_password=f"{NEW} {n}") for n in range(5)))

    assert sorted(response.status_code for response in responses) == [204, 422, 422, 422, 422]


async def test_a_code_verifies_the_address_of_its_member_alone(post, verification, ann, bob, database):
    _, code = await verification(ann)

    assert (await post(CODE, member_id=bob.id, code=code)).json()["code"] == "email-code-invalid"
    assert (await post(CODE, member_id=ann.id, code=code)).status_code == 204
    assert database.one(VERIFIED, ann.id)
    assert not database.one(VERIFIED, bob.id)
    assert (await post(CODE, member_id=ann.id, code=code)).status_code == 422


async def test_a_code_can_be_tried_five_times_also_at_once(post, verification, ann, database):
    _, code = await verification(ann)

    wrong = await asyncio.gather(*(post(CODE, member_id=ann.id, code=other_code(code)) for _ in range(8)))

    assert {response.status_code for response in wrong} == {422}
    assert (await post(CODE, member_id=ann.id, code=code)).status_code == 422
    assert database.one("SELECT attempts FROM confirmations") == 5


async def test_a_link_works_although_the_code_was_guessed_at(post, verification, ann):
    token, code = await verification(ann)
    for _ in range(6):
        await post(CODE, member_id=ann.id, code=other_code(code))

    assert (await post(LINK, token=token)).status_code == 204


@pytest.mark.parametrize(("column", "which"), [("code_expires_at", "code"), ("link_expires_at", "link")])
async def test_what_has_expired_verifies_nothing(post, verification, ann, database, column, which):
    token, code = await verification(ann)
    database.run(f"UPDATE confirmations SET {column} = now() - interval '1 second'")

    if which == "code":
        response = await post(CODE, member_id=ann.id, code=code)
    else:
        response = await post(LINK, token=token)

    assert response.status_code == 422
    assert not database.one(VERIFIED, ann.id)


async def test_lifetimes_are_ten_minutes_and_a_day_and_an_hour_for_a_reset(verification, recovery, ann, database):
    await verification(ann)
    await recovery(ann)

    rows = database.run(
        "SELECT purpose, round(extract(epoch FROM link_expires_at - now()) / 60) AS link,"
        " round(extract(epoch FROM code_expires_at - now()) / 60) AS code FROM confirmations ORDER BY purpose"
    )
    assert [tuple(row.values()) for row in rows] == [("reset-password", 60, None), ("verify-email", 1440, 10)]


async def test_a_newer_mail_replaces_the_older_one(post, verification, ann):
    old_token, old_code = await verification(ann)
    token, code = await verification(ann)

    assert (await post(LINK, token=old_token)).status_code == 422
    if old_code != code:
        assert (await post(CODE, member_id=ann.id, code=old_code)).status_code == 422
    assert (await post(LINK, token=token)).status_code == 204


async def test_a_mail_that_is_sent_twice_has_the_same_link_and_code(verification, deliver, ann):
    first = await verification(ann, keep=True)

    ((_, _, values),) = await deliver()

    assert (token_of(values), values["code"]) == first


async def test_a_mail_that_is_sent_again_after_its_use_offers_nothing(post, recovery, deliver, ann):
    token = await recovery(ann, keep=True)
    assert (await post(RESET, token=token, new_password=NEW)).status_code == 204

    assert [kind for kind, _, _ in await deliver()] == ["password-changed"]
    assert (await post(RESET, token=token, new_password=NEW)).status_code == 422


async def test_a_verified_address_gets_no_further_mail(post, verification, deliver, ann):
    token, _ = await verification(ann)
    await post(LINK, token=token)

    assert (await post(VERIFY, member_id=ann.id)).status_code == 202
    assert await deliver() == []


async def test_a_new_address_has_to_be_verified_and_ends_links_to_the_old_one(
    client, post, verification, recovery, deliver, ann
):
    token, _ = await verification(ann)
    reset = await recovery(ann)
    response = await client.patch("/api/members/me", json={"email": "anna@example.com"}, headers=ann.headers)

    assert response.json()["email_verified"] is False
    assert (await post(LINK, token=token)).status_code == 422
    assert (await post(RESET, token=reset, new_password=NEW)).status_code == 422
    assert [(kind, recipient) for kind, recipient, _ in await deliver()] == [
        ("email-changed", ann.email),
        ("verify-email", "anna@example.com"),
    ]


async def test_a_changed_address_is_verified_no_more(client, post, verification, ann, database):
    token, _ = await verification(ann)
    await post(LINK, token=token)
    assert database.one(VERIFIED, ann.id)

    await client.patch("/api/members/me", json={"email": "anna@example.com"}, headers=ann.headers)

    assert not database.one(VERIFIED, ann.id)


async def test_a_reset_sets_the_password_ends_every_session_and_is_announced(
    post, recovery, deliver, auth, ann, database
):
    token = await recovery(ann)

    assert (await post(RESET, token=token, new_password=NEW)).status_code == 204

    assert auth.ended == [(ann.id, 2)]
    assert database.one(EPOCH, ann.id) == 2
    assert (await post("/internal/credentials/verify", email=ann.email, password=ann.password)).status_code == 401
    assert (await post("/internal/credentials/verify", email=ann.email, password=NEW)).status_code == 200
    assert [(kind, recipient) for kind, recipient, _ in await deliver()] == [("password-changed", ann.email)]
    assert database.one(VERIFIED, ann.id), "who has the link reads the address"


async def test_a_reset_leaves_the_second_factor_in_place(client, post, recovery, deliver, service, ann):
    factors = Factors(client, ann, service, Clock(time.time()))
    await factors.enable()
    await deliver()

    assert (await post(RESET, token=await recovery(ann), new_password=NEW)).status_code == 204

    response = await post("/internal/credentials/verify", email=ann.email, password=NEW)
    assert response.json()["second_factors"] == ["totp", "recovery-code"]


async def test_without_auth_a_reset_holds_and_the_sessions_end_later(post, recovery, auth, ann, database):
    token = await recovery(ann)
    auth.away = True

    assert (await post(RESET, token=token, new_password=NEW)).status_code == 202
    assert database.one("SELECT count(*) FROM outbox_deliveries WHERE delivered_at IS NULL") == 1


@pytest.mark.parametrize("password", ["password1", "short"])
async def test_a_weak_password_is_refused_and_the_link_still_works(post, recovery, ann, password):
    token = await recovery(ann)

    refused = await post(RESET, token=token, new_password=password)

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/new_password"]
    assert (await post(RESET, token=token, new_password=NEW)).status_code == 204


async def test_a_change_of_password_ends_links_to_reset_it(post, recovery, ann):
    token = await recovery(ann)
    await post(
        "/internal/credentials/change",
        member_id=ann.id,
        current_password=ann.password,
        new_password=NEW,
        keep_session="s1",
    )

    assert (await post(RESET, token=token, new_password="a third sentence of words")).status_code == 422


@pytest.mark.parametrize("email", ["nobody@example.com", "not an address", "x" * 1000])
async def test_a_reset_for_no_account_is_answered_like_any_other(post, deliver, ann, email):
    known = await post(FORGOT, email=ann.email, locale="en")
    unknown = await post(FORGOT, email=email, locale="en")

    assert (unknown.status_code, unknown.content) == (known.status_code, known.content)
    names = [set(response.headers) for response in (known, unknown)]
    assert names[0] == names[1]
    assert [recipient for _, recipient, _ in await deliver()] == [ann.email]


async def test_a_suspended_member_gets_no_link_and_can_use_none(post, client, recovery, deliver, ann, admin):
    token = await recovery(ann)
    await client.post(f"/api/admin/members/{ann.id}/suspend", headers=admin.headers)

    assert (await post(RESET, token=token, new_password=NEW)).status_code == 422
    await post(FORGOT, email=ann.email, locale="en")
    assert await deliver() == []


async def test_a_link_serves_its_own_purpose_alone(post, verification, recovery, ann):
    verify, _ = await verification(ann)
    reset = await recovery(ann)

    assert (await post(RESET, token=verify, new_password=NEW)).status_code == 422
    assert (await post(LINK, token=reset)).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[:-1],
        lambda t: t + "A",
        lambda t: t[:20] + ("A" if t[20] != "A" else "B") + t[21:],
        lambda _: "é",
        str.lower,
    ],
)
async def test_a_token_that_was_changed_is_not_ours(post, verification, ann, change):
    token, _ = await verification(ann)

    assert (await post(LINK, token=change(token))).json()["code"] == "link-invalid"


async def test_the_database_holds_no_secret(verification, recovery, ann, database):
    token, code = await verification(ann)
    reset = await recovery(ann, keep=True)

    held = str(database.run("SELECT * FROM confirmations") + database.run("SELECT * FROM mails"))

    assert not [secret for secret in (token, code, reset) if secret in held]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (VERIFY, {"member_id": "01930000-0000-7000-8000-000000000000"}),
        (LINK, {"token": "t"}),
        (CODE, {"member_id": "01930000-0000-7000-8000-000000000000", "code": "000000"}),
        (FORGOT, {"email": "ann@example.com", "locale": "en"}),
        (RESET, {"token": "t", "new_password": NEW}),
    ],
)
async def test_without_a_mail_server_it_is_off(start, connect, make_settings, service, path, body):
    client = await connect(await start(make_settings()))

    response = await client.post(path, json=body, headers=service())

    assert (response.status_code, response.json()["code"]) == (404, "mail-disabled")


@pytest.mark.parametrize("path", [VERIFY, LINK, CODE, FORGOT, RESET])
async def test_auth_alone_may_ask(client, service, path):
    assert (await client.post(path, json={}, headers=service("shop"))).status_code == 403
