"""Which passwords are accepted, and how they are hashed."""

from __future__ import annotations

import asyncio
import itertools
import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from platform_common.problems import PayloadInvalid
from platform_member.config import CredentialSettings
from platform_member.credentials.hashing import HashingOverloaded, PasswordHasher
from platform_member.credentials.policy import Password, check_password, common_passwords


class Form(BaseModel):
    password: Password


def check(password, email="marigold.finch@garden-club.example", name="Mary Finch", product="Member Platform"):
    check_password(password, email=email, display_name=name, product_name=product)


def refusal(password, **context):
    with pytest.raises(PayloadInvalid) as caught:
        check(password, **context)
    (error,) = caught.value.errors
    assert error.pointer == "/password"
    return error.code


def test_the_list_is_long_enough_and_holds_what_guessers_try():
    """ASVS 6.2.4: at least the 3,000 most frequent ones that the policy would allow."""
    assert len(common_passwords()) >= 3000
    assert all(len(password) >= 8 for password in common_passwords())
    assert {"password", "12345678", "iloveyou", "password123", "1q2w3e4r", "baseball"} <= common_passwords()


@pytest.mark.parametrize("password", ["password", "PassWord1", "QWERTYUIOP", "iloveyou", "1234567890"])
def test_common_passwords_are_refused_in_any_case(password):
    assert refusal(password) == "password-common"


@pytest.mark.parametrize(
    "password",
    ["marigold1", "Marigold-Finch", "finch12345", "2024marigold!", "garden-club1", "mary finch", "Platform2024"],
)
def test_little_more_than_the_context_is_refused(password):
    assert refusal(password) == "password-context"


@pytest.mark.parametrize(
    "password",
    [
        "the lake at dawn",
        "marigold on a quiet hill",
        "正しい馬電池ホチキス",
        "        ",
        "aaaaaaaaaaaab",
        "Tr0ub4dor&3x",
    ],
)
def test_others_are_accepted_without_rules_of_composition(password):
    check(password)


def test_short_words_of_the_context_refuse_nothing():
    check("ann's own harbour", email="ann@x.io", name="Ann", product="")
    check("ann12345x", email="ann@x.io", name="Ann", product="")


@given(st.text(min_size=8, max_size=256))
def test_a_password_of_fitting_length_goes_through_unchanged(text):
    assert Form(password=text).password.get_secret_value() == text


@given(st.one_of(st.text(max_size=7), st.text(min_size=257, max_size=300)))
def test_a_password_of_another_length_is_refused(text):
    with pytest.raises(ValidationError):
        Form(password=text)


@given(st.text(min_size=8, max_size=256), st.text(max_size=30), st.text(max_size=30))
def test_any_context_is_borne(password, name, product):
    """A refusal is the only way it may end, whatever the words."""
    with suppress(PayloadInvalid):
        check(password, email="a@example.com", name=name, product=product)


@pytest.fixture
async def hasher():
    hasher = PasswordHasher(CredentialSettings(password_hash_workers=1, password_hash_queue_size=1, _env_file=None))
    yield hasher
    hasher.close()


@pytest.mark.parametrize("password", ["x" * 256, "nul\0inside", "정말 긴 비밀번호", "\U0001f600" * 256])
async def test_a_hash_fits_its_password_and_no_other(hasher, password):
    kept = await hasher.hash(password)

    assert await hasher.verify(password, kept) == (True, None)
    assert await hasher.verify(password[:-1], kept) == (False, None)
    assert await hasher.verify(password + "x", kept) == (False, None)


async def test_without_an_account_no_password_fits(hasher):
    assert await hasher.verify("whatever", None) == (False, None)


async def test_a_hash_is_renewed_when_parameters_rise(hasher):
    kept = await hasher.hash("the lake at dawn")
    stronger = PasswordHasher(CredentialSettings(argon2_time_cost=3, _env_file=None))

    fits, renewed = await stronger.verify("the lake at dawn", kept)
    stronger.close()

    assert fits
    assert renewed
    assert "$m=19456,t=3,p=1$" in renewed
    assert await hasher.verify("wrong", kept) == (False, None)


@pytest.mark.parametrize("weaker", [{"argon2_memory_kib": 19455}, {"argon2_time_cost": 1}, {"argon2_parallelism": 0}])
def test_parameters_below_the_recommended_ones_are_refused(weaker):
    with pytest.raises(ValidationError):
        CredentialSettings(**weaker, _env_file=None)


async def test_more_than_the_queue_holds_is_shed_at_once_and_taken_again_later(hasher, monkeypatch):
    """One worker and one place: the third has to come back."""
    go_on = threading.Event()
    monkeypatch.setattr(hasher._context, "hash", lambda password: go_on.wait(60) and password)
    first, second = asyncio.create_task(hasher.hash("1")), asyncio.create_task(hasher.hash("2"))
    await asyncio.sleep(0)

    with pytest.raises(HashingOverloaded) as refused:
        await hasher.hash("3")

    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
    go_on.set()
    assert (await first, await second) == ("1", "2")
    assert await hasher.hash("4") == "4"


async def test_a_caller_that_gave_up_still_takes_its_place(hasher, monkeypatch):
    """Else abandoned requests could pile up more work than the bound allows."""
    began, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(hasher._context, "hash", lambda password: (began.set(), go_on.wait(60)) and password)
    given_up = [asyncio.create_task(hasher.hash(n)) for n in "12"]
    await asyncio.sleep(0)
    # work that no thread has begun is given up for good, and its place is free
    await asyncio.to_thread(began.wait, 60)
    given_up[0].cancel()
    await asyncio.wait([given_up[0]])

    with pytest.raises(HashingOverloaded):
        await hasher.hash("3")
    go_on.set()
    assert await given_up[1] == "2"


async def test_an_overload_reaches_the_client_as_a_problem(make_settings, start, connect, service):
    app = await start(make_settings(password_hash_workers=1, password_hash_queue_size=0))
    client = await connect(app)
    go_on = threading.Event()
    app.state.services.credentials._hasher._executor.submit(go_on.wait, 60)
    presented = {"email": "nobody@example.com", "password": "whatever"}

    ask = [
        asyncio.create_task(client.post("/internal/credentials/verify", json=presented, headers=service()))
        for _ in range(3)
    ]
    # Two of the three find no place, in whatever order they arrive.
    refused, _ = [await response for response in itertools.islice(asyncio.as_completed(ask), 2)]
    go_on.set()
    statuses = sorted(response.status_code for response in await asyncio.gather(*ask))

    assert (refused.status_code, refused.json()["code"]) == (503, "hashing-overloaded")
    assert refused.headers["retry-after"] == "1"
    assert statuses == [401, 503, 503]
