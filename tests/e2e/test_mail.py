"""Mails of a running platform: a new address is verified, and a forgotten password is replaced."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from blackbox.client import Account, Client, new_account
from blackbox.own_platform import OwnPlatform
from blackbox.waiting import eventually

NEW = "a loud evening in the city"


@pytest.fixture
def mailbox(own_platform: OwnPlatform):
    """Return a function that waits for the mails of an address, newest first."""
    url = own_platform.status()["mailbox"]

    def read(address: str, count: int) -> list[dict[str, Any]]:
        def mails() -> list[dict[str, Any]] | None:
            found: list[dict[str, Any]] = httpx2.get(f"{url}/mails.json", params={"to": address}).json()
            return found if len(found) >= count else None

        return eventually(mails, f"{count} mails to {address}")

    return read


@pytest.fixture
def account(client: Client) -> Account:
    """An account whose address is not verified."""
    account = new_account()
    assert client.post("/auth/register", account.registration).status_code == 201
    return account


def token_in(mail: dict[str, Any]) -> str:
    found = re.search(r"\?token=(\S+)", mail["text"])
    assert found, mail["text"]
    return found.group(1)


def test_an_address_is_verified_by_the_link_of_its_mail(client: Client, account: Account, mailbox):
    (mail,) = mailbox(account.email, 1)

    assert client.post("/auth/email/verification/link", {"token": token_in(mail)}).status_code == 204

    assert client.log_in(account).me().json()["email_verified"] is True
    assert client.post("/auth/email/verification/link", {"token": token_in(mail)}).status_code == 422


def test_an_address_is_verified_by_the_code_of_its_mail(client: Client, account: Account, mailbox):
    (mail,) = mailbox(account.email, 1)
    code = re.search(r"^(\d{6})$", mail["text"], re.MULTILINE)
    assert code
    member = client.log_in(account)

    assert member.post("/auth/email/verification/code", {"code": code.group(1)}).status_code == 204
    assert member.me().json()["email_verified"] is True


def test_a_forgotten_password_is_replaced_and_every_session_ends(client: Client, account: Account, mailbox):
    member = client.log_in(account)
    mailbox(account.email, 1)
    assert client.post("/auth/password/forgot", {"email": account.email.upper()}).status_code == 202
    token = token_in(mailbox(account.email, 2)[0])

    assert client.post("/auth/password/reset", {"token": token, "new_password": NEW}).status_code == 204

    assert member.me().status_code == 401
    for password, status in ((account.password, 401), (NEW, 200)):
        assert client.post("/auth/login", {"email": account.email, "password": password}).status_code == status
    assert "was changed" in mailbox(account.email, 3)[0]["subject"]


def test_a_request_for_no_account_is_answered_like_any_other(client: Client, account: Account):
    """With a mail server and without one: then both are refused."""
    known = client.post("/auth/password/forgot", {"email": account.email})
    unknown = client.post("/auth/password/forgot", {"email": new_account().email})

    assert outcome(unknown) == outcome(known)
    assert outcome(known) in {(202, ""), (404, "mail-disabled")}


def outcome(response: httpx2.Response) -> tuple[int, str]:
    """The status, and the code of a problem; any other body fails."""
    return response.status_code, response.json()["code"] if response.content else ""
