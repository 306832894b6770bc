"""The mailbox: it keeps mails in order, shows them, and lets none of them act."""

from __future__ import annotations

import smtplib
import subprocess
import sys
from email.message import EmailMessage

import httpx2
import pytest
from starlette.testclient import TestClient

from platform_common.waiting import NotYetAvailable, wait_until_available
from platform_standalone.mailbox import store as store_module
from platform_standalone.mailbox.pages import make_pages
from platform_standalone.mailbox.store import MailStore
from platform_standalone.ports import free_ports


def mail(subject="Hello", to="ann@example.com", html="<html><head></head><body><p>하루</p></body></html>"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "no-reply@example.com", to, subject
    message.set_content("https://shop.example/verify-email?token=t")
    message.add_alternative(html, subtype="html")
    return message


@pytest.fixture
def store(tmp_path):
    return MailStore(tmp_path / "mailbox")


@pytest.fixture
def client(store):
    return TestClient(make_pages(store))


def test_mails_are_listed_newest_first_and_by_recipient(store, client):
    for number in range(12):
        store.add(mail(f"Mail {number}", "bob@example.com" if number % 2 else "ann@example.com").as_bytes())

    everything = [entry["subject"] for entry in client.get("/mails.json").json()]
    assert everything == [f"Mail {number}" for number in reversed(range(12))]
    assert {entry["recipient"] for entry in client.get("/mails.json?to=ann@example.com").json()} == {"ann@example.com"}


def test_a_mail_is_shown_with_its_links(store, client):
    store.add(mail("안녕하세요").as_bytes())
    (entry,) = client.get("/mails.json").json()

    page = client.get(f"/mails/{entry['id']}")
    assert "안녕하세요" in page.text
    assert 'href="https://shop.example/verify-email?token=t"' in page.text
    assert "하루" in client.get(f"/mails/{entry['id']}/html").text


def test_a_mail_cannot_act_on_the_page(store, client):
    store.add(mail("<script>alert(1)</script>", html="<script>alert(1)</script>").as_bytes())
    (entry,) = client.get("/mails.json").json()

    assert "<script>" not in client.get("/").text
    assert "<script>" not in client.get(f"/mails/{entry['id']}").text
    policy = client.get(f"/mails/{entry['id']}/html").headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy


def test_mails_outlast_a_restart_and_can_be_deleted(store, client, tmp_path):
    store.add(mail().as_bytes())

    assert len(MailStore(tmp_path / "mailbox").newest()) == 1
    client.post("/clear")
    assert client.get("/mails.json").json() == []


def test_the_oldest_go_where_there_are_too_many(store, monkeypatch):
    monkeypatch.setattr(store_module, "MAX_MAILS", 3)
    for number in range(5):
        store.add(mail(f"Mail {number}").as_bytes())

    assert [kept.subject for kept in store.newest()] == ["Mail 4", "Mail 3", "Mail 2"]


@pytest.mark.parametrize("mail_id", ["nothing", "..%2F..%2Fetc%2Fpasswd"])
def test_what_is_no_mail_is_not_found(client, mail_id):
    assert client.get(f"/mails/{mail_id}").status_code == 404


async def test_it_takes_mails_by_smtp(tmp_path):
    ports = free_ports()
    where = ["--folder", str(tmp_path / "mailbox"), "--smtp-port", str(ports.smtp), "--http-port", str(ports.mailbox)]
    url = f"http://127.0.0.1:{ports.mailbox}"

    async def ready() -> None:
        try:
            httpx2.get(f"{url}/readyz").raise_for_status()
        except httpx2.HTTPError as error:
            raise NotYetAvailable("not yet") from error

    command = [sys.executable, "-P", "-m", "platform_standalone.mailbox", *where]
    process = subprocess.Popen(command)  # noqa: ASYNC220 (nothing else runs in this loop)
    try:
        assert await wait_until_available(ready, 30) is None
        with smtplib.SMTP("127.0.0.1", ports.smtp) as smtp:
            smtp.send_message(mail("By SMTP"))
        assert [entry["subject"] for entry in httpx2.get(f"{url}/mails.json").json()] == ["By SMTP"]
    finally:
        process.terminate()
        assert process.wait(20) is not None
