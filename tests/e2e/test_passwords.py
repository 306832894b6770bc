"""Which passwords are taken (ASVS 6.2)."""

import pytest

from blackbox.client import Client, Session, new_account
from blackbox.house_rules import assert_problem


@pytest.mark.parametrize(
    "password", ["", "seven77", "x" * 257, "password123", "PASSWORD123", "12345678", "qwertyuiop", "iloveyou1"]
)
def test_a_weak_password_is_refused(client: Client, password: str):
    document = assert_problem(client.post("/auth/register", {**new_account().registration, "password": password}), 422)

    assert "/password" in {error["pointer"] for error in document["errors"]}


def test_a_password_of_ones_own_name_is_refused(client: Client):
    account = new_account()

    for password in (account.email, account.email.split("@")[0]):
        assert_problem(client.post("/auth/register", {**account.registration, "password": password}), 422)


@pytest.mark.parametrize(
    "password", ["  kept spaces  ", "비밀번호는 길어도 된다 🦩🦩", "all lower case words", "8 chars!", "ð" * 256]
)
def test_an_uncommon_password_is_taken_as_it_is(client: Client, password: str):
    account = new_account()
    assert client.post("/auth/register", {**account.registration, "password": password}).status_code == 201

    for variant in (password, password.strip()):
        right = variant == password
        response = client.post("/auth/login", {"email": account.email, "password": variant})
        assert response.status_code == (200 if right else 401)


def test_the_longest_password_is_not_cut_short(client: Client):
    account, password = new_account(), "0123456789abcdef" * 16
    assert client.post("/auth/register", {**account.registration, "password": password}).status_code == 201

    for attempt, status in ((password, 200), (password[:-1] + "X", 401), (password[:72], 401)):
        assert client.post("/auth/login", {"email": account.email, "password": attempt}).status_code == status


def test_a_new_password_ends_every_other_session_and_replaces_this_one(client: Client, member: Session):
    """ASVS 6.2.2, 7.4.3."""
    account, other = member.account, client.log_in(member.account)
    change = {"current_password": account.password, "new_password": "a new one by the lake"}

    response = member.post("/auth/password", change)

    assert response.status_code == 200
    assert client.with_token(response.json()["access_token"]).me().status_code == 200
    for ended in (member, other):
        assert ended.me().status_code == 401
        assert ended.refresh().status_code == 401
    for password, status in ((account.password, 401), (change["new_password"], 200)):
        assert client.post("/auth/login", {"email": account.email, "password": password}).status_code == status


def test_who_does_not_know_the_current_password_changes_nothing(client: Client, member: Session):
    """ASVS 6.2.3: a stolen session is not a stolen account."""
    response = member.post("/auth/password", {"current_password": "no idea", "new_password": "a new one by the lake"})

    document = assert_problem(response, 422, "current-password-wrong")
    assert document["errors"][0]["pointer"] == "/current_password"
    assert member.me().status_code == 200
    client.log_in(member.account)
