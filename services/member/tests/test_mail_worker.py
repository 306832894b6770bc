"""The worker against a real SMTP server: what it sends, and what becomes of a mail that is not taken."""

from __future__ import annotations

import asyncio
import datetime as dt
import email
import email.policy
import ipaddress
import os
import socket
import ssl
import sys
import uuid
from asyncio.subprocess import DEVNULL
from contextlib import AsyncExitStack, asynccontextmanager
from email.message import EmailMessage

import pytest
import uuid_utils.compat
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.ext.asyncio import async_sessionmaker

from platform_database.engine import make_engine
from platform_member.config import MailWorkerSettings, SmtpSecurity
from platform_member.confirmations.secrets import ConfirmationSecrets
from platform_member.mail_worker.app import make_worker_app
from platform_member.mail_worker.contents import Contents
from platform_member.mail_worker.rendering import Brand, Renderer
from platform_member.mail_worker.smtp import MailServer
from platform_member.mail_worker.worker import LAST_DELAY, MailWorker

BRAND = Brand(
    "하루", "https://shop.example", "no-reply@shop.example", "하루 상점", None, "#1f5f4a", "㈜하루\n123-45-67890"
)
PASSWORD = "smtp password"


class Inbox:
    """What the SMTP server does: it keeps mails, or responses what a test sets."""

    def __init__(self):
        self.raw: list[bytes] = []
        self.envelopes: list[Envelope] = []
        self.sender_reply = self.recipient_reply = self.data_reply = ""
        self.data_seconds = 0.0
        self.hang_up = False
        self.encrypted: list[bool] = []

    @property
    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802 (aiosmtpd calls it)
        if not self.sender_reply:
            envelope.mail_from = address
        return self.sender_reply or "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 (aiosmtpd calls it)
        if not self.recipient_reply:
            envelope.rcpt_tos.append(address)
        return self.recipient_reply or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd calls it)
        await asyncio.sleep(self.data_seconds)
        if self.data_reply:
            return self.data_reply
        self.raw.append(envelope.content)
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        if self.hang_up:
            # Accepted, but the client never learns of it.
            server.transport.abort()
        return "250 OK"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A server certificate for 127.0.0.1, its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    return folder


@pytest.fixture
def server_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


@pytest.fixture
def trusted(certificate, monkeypatch):
    """The worker trusts the server's authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
async def listen(inbox):
    """Return a function that starts the SMTP server, and says its port."""
    async with AsyncExitStack() as stack:

        async def listen(tls=None, port=0, **options):
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                lambda: SMTP(inbox, loop=loop, **options), "127.0.0.1", port, ssl=tls, start_serving=True
            )
            stack.callback(server.close)
            return server.sockets[0].getsockname()[1]

        yield listen


@pytest.fixture
def unused_port():
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def start_worker(make_settings, clock):
    """Return a function that gives a worker for the server on `port`."""
    async with AsyncExitStack() as stack:

        async def start(port, security=SmtpSecurity.NONE, timeout_seconds=20, credentials=(None, None)):
            engine = make_engine(make_settings())
            stack.push_async_callback(engine.dispose)
            server = MailServer("127.0.0.1", port, security, credentials[0], credentials[1], timeout_seconds)
            sessions = async_sessionmaker(engine, expire_on_commit=False)
            return MailWorker(
                sessions,
                Contents(ConfirmationSecrets("k" * 32), BRAND.public_url),
                Renderer(BRAND),
                server,
                clock,
                jitter=lambda: 0.5,
            )

        yield start


@pytest.fixture
def write(database):
    """Return a function that writes a mail, and says its id."""

    def write(recipient="ann@example.com", locale="en", kind="welcome", life="1 day"):
        mail_id = uuid_utils.compat.uuid7()
        database.run(
            "INSERT INTO mails (id, kind, recipient, locale, expires_at) VALUES (%s, %s, %s, %s, now() + %s::interval)",
            mail_id, kind, recipient, locale, life,
        )  # fmt: skip
        return mail_id

    return write


@pytest.fixture
def rows(database):
    return lambda: database.run("SELECT *, next_attempt_at - now() AS wait FROM mails ORDER BY id")


@pytest.fixture
def make_due(database):
    return lambda: database.run("UPDATE mails SET next_attempt_at = now()")


async def test_a_mail_has_a_text_and_an_html_part_and_leaves_no_row(listen, start_worker, inbox, write, rows):
    mail_id = write()
    worker = await start_worker(await listen())

    assert await worker.send_due() == 1

    (message,) = inbox.messages
    assert (inbox.envelopes[0].mail_from, inbox.envelopes[0].rcpt_tos) == (BRAND.sender, ["ann@example.com"])
    assert message["Message-ID"] == f"<{mail_id}@shop.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.utcoffset() is not None
    assert message.get_body(("plain",)).get_content().startswith("Welcome to 하루\r\n")
    html = message.get_body(("html",)).get_content()
    assert "<style" not in html
    assert 'style="' in html
    assert "㈜하루" in html
    assert rows() == []
    assert await worker.send_due() == 0


async def test_a_mail_is_in_the_recipients_language(listen, start_worker, inbox, write):
    for locale in ("ko-KR", "en", "pt-BR"):
        write(locale=locale)
    await (await start_worker(await listen())).send_due()

    assert [message["Subject"] for message in inbox.messages] == [
        "하루에 오신 것을 환영해요",
        "Welcome to 하루",
        "Welcome to 하루",
    ]
    assert [message["Content-Language"] for message in inbox.messages] == ["ko", "en", "en"]


async def test_names_and_domains_beyond_ascii_reach_a_server_that_takes_only_ascii(listen, start_worker, inbox, write):
    write("ann@faß.example")
    await (await start_worker(await listen(enable_SMTPUTF8=False))).send_due()

    (message,) = inbox.messages
    assert inbox.envelopes[0].rcpt_tos == ["ann@xn--fa-hia.example"]
    assert message["To"] == "ann@xn--fa-hia.example"
    assert message["From"].addresses[0].display_name == "하루 상점"
    assert inbox.raw[0].isascii()


async def test_a_server_out_of_reach_costs_no_attempt_and_pauses_the_worker(
    listen, start_worker, inbox, write, rows, clock, unused_port
):
    mail_id = write()
    worker = await start_worker(unused_port)

    assert await worker.send_due() == 0
    assert rows()[0]["attempts"] == 0
    assert rows()[0]["wait"].total_seconds() <= 0
    await listen(port=unused_port)
    assert await worker.send_due() == 0, "the worker waits before it tries the server again"

    clock.now += 60
    assert await worker.send_due() == 1
    assert inbox.messages[0]["Message-ID"] == f"<{mail_id}@shop.example>"


@pytest.mark.parametrize("reply", ["421 closing", "451 try later"])
@pytest.mark.parametrize("stage", ["recipient_reply", "data_reply"])
async def test_a_mail_that_is_deferred_is_sent_later_under_the_same_message_id(
    listen, start_worker, inbox, write, rows, make_due, clock, stage, reply
):
    mail_id = write()
    worker = await start_worker(await listen())
    setattr(inbox, stage, reply)

    assert await worker.send_due() == 0
    (row,) = rows()
    if reply.startswith("421"):
        assert row["attempts"] == 0, "a server that closes refuses no mail"
    else:
        assert row["attempts"] == 1
        assert 0 < row["wait"].total_seconds() <= 15

    setattr(inbox, stage, "")
    make_due()
    clock.now += 60
    assert await worker.send_due() == 1
    assert inbox.messages[0]["Message-ID"] == f"<{mail_id}@shop.example>"


async def test_the_wait_between_attempts_doubles_up_to_a_bound(listen, start_worker, inbox, write, rows, make_due):
    write()
    worker = await start_worker(await listen())
    inbox.data_reply = "451 greylisted"
    waits = []
    for _ in range(9):
        make_due()
        await worker.send_due()
        waits.append(rows()[0]["wait"].total_seconds())

    assert waits[:3] == pytest.approx([15, 30, 60], abs=2)
    assert waits[-1] == pytest.approx(LAST_DELAY, abs=2)


@pytest.mark.parametrize("stage", ["recipient_reply", "data_reply"])
async def test_a_mail_that_is_rejected_is_dropped_and_stops_no_other(listen, start_worker, inbox, write, rows, stage):
    write("gone@example.com")
    worker = await start_worker(await listen())
    setattr(inbox, stage, "550 no such user")

    assert await worker.send_due() == 1
    assert rows() == []

    setattr(inbox, stage, "")
    write("bob@example.com")
    assert await worker.send_due() == 1
    assert inbox.messages[0]["To"] == "bob@example.com"


async def test_one_rejected_recipient_in_a_batch_leaves_the_others(listen, start_worker, inbox, write, rows):
    async def refuse_gone(_server, _session, envelope, address, _options):
        if address.startswith("gone"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    inbox.handle_RCPT = refuse_gone
    for name in ("ann", "gone", "bob"):
        write(f"{name}@example.com")

    assert await (await start_worker(await listen())).send_due() == 3
    assert [message["To"] for message in inbox.messages] == ["ann@example.com", "bob@example.com"]
    assert rows() == []


async def test_a_refused_sender_is_a_matter_of_settings_and_loses_no_mail(listen, start_worker, inbox, write, rows):
    inbox.sender_reply = "550 not allowed to send as this"
    write()
    write()

    assert await (await start_worker(await listen())).send_due() == 0
    assert [row["attempts"] for row in rows()] == [0, 0]


async def test_a_slow_server_is_given_up_and_the_mail_tried_later(listen, start_worker, inbox, write, rows):
    inbox.data_seconds = 30
    write()
    write()

    assert await (await start_worker(await listen(), timeout_seconds=0.3)).send_due() == 0
    assert sorted(row["attempts"] for row in rows()) == [0, 1], "the one tried waits, the other is due"


async def test_a_mail_whose_outcome_is_unknown_is_sent_again_under_the_same_message_id(
    listen, start_worker, inbox, write, rows, make_due
):
    write()
    worker = await start_worker(await listen())
    inbox.hang_up = True
    assert await worker.send_due() == 0
    inbox.hang_up = False
    make_due()

    assert await worker.send_due() == 1
    assert rows() == []
    first, second = inbox.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


async def test_a_mail_that_expired_is_dropped_unsent(start_worker, write, rows, unused_port):
    write(life="-1 second")

    assert await (await start_worker(unused_port)).send_due() == 1
    assert rows() == []


async def test_two_workers_share_the_mails(listen, start_worker, inbox, write, rows):
    ids = [write(f"m{number}@example.com") for number in range(60)]
    port = await listen()
    workers = [await start_worker(port), await start_worker(port)]

    async def drain(worker):
        while await worker.send_due():
            pass

    await asyncio.gather(*(drain(worker) for worker in workers))

    assert sorted(message["Message-ID"] for message in inbox.messages) == sorted(f"<{i}@shop.example>" for i in ids)
    assert rows() == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the whole connection is encrypted
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", [SmtpSecurity.STARTTLS, SmtpSecurity.TLS])
async def test_the_password_goes_over_an_encrypted_connection(listen, start_worker, inbox, write, server_tls, security):
    seen = []

    def authenticate(_server, _session, _envelope, _mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == PASSWORD.encode())

    starttls = security is SmtpSecurity.STARTTLS
    port = await listen(
        tls=None if starttls else server_tls,
        tls_context=server_tls if starttls else None,
        require_starttls=starttls,
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=starttls,
    )
    write()

    assert await (await start_worker(port, security, credentials=("haru", PASSWORD))).send_due() == 1
    assert seen == [(b"haru", PASSWORD.encode())]
    assert len(inbox.messages) == 1


@pytest.mark.usefixtures("trusted")
async def test_a_wrong_password_loses_no_mail(listen, start_worker, write, rows, server_tls):
    port = await listen(
        tls_context=server_tls, authenticator=lambda *_: AuthResult(success=False, handled=False), auth_required=True
    )
    write()

    assert await (await start_worker(port, SmtpSecurity.STARTTLS, credentials=("haru", "wrong"))).send_due() == 0
    assert rows()[0]["attempts"] == 0


@pytest.mark.parametrize("security", [SmtpSecurity.STARTTLS, SmtpSecurity.TLS])
async def test_a_certificate_that_is_not_trusted_ends_the_connection(
    listen, start_worker, inbox, write, rows, server_tls, security
):
    starttls = security is SmtpSecurity.STARTTLS
    port = await listen(tls=None if starttls else server_tls, tls_context=server_tls if starttls else None)
    write()

    assert await (await start_worker(port, security)).send_due() == 0
    assert inbox.raw == []
    assert rows()[0]["attempts"] == 0


async def test_a_server_without_starttls_gets_no_mail(listen, start_worker, inbox, write, rows):
    write()

    assert await (await start_worker(await listen(), SmtpSecurity.STARTTLS)).send_due() == 0
    assert inbox.raw == []
    assert rows()[0]["attempts"] == 0


@asynccontextmanager
async def running(settings):
    app, _ = make_worker_app(settings)
    async with app.router.lifespan_context(app):
        yield app


async def test_the_process_sends_what_it_finds(listen, inbox, write, rows, database):
    write()
    settings = MailWorkerSettings(
        database_url=database.app_url,
        port=0,
        public_url="https://shop.example",
        fingerprint_key="k" * 32,
        smtp_host="127.0.0.1",
        smtp_port=await listen(),
        smtp_security="none",
        mail_sender="no-reply@shop.example",
        mail_poll_interval_seconds=0.05,
        _env_file=None,
    )

    async with running(settings), asyncio.timeout(30):
        while rows():  # noqa: ASYNC110 (what changes is a row)
            await asyncio.sleep(0.05)

    assert len(inbox.messages) == 1
    assert uuid.UUID(inbox.messages[0]["Message-ID"].strip("<>").partition("@")[0])


@pytest.mark.timeout(300)  # several starts of a process, on a busy machine
async def test_workers_that_are_killed_lose_no_mail_and_double_at_most_one_each(
    listen, inbox, write, rows, make_due, database
):
    ids = [write(f"m{number}@example.com") for number in range(120)]
    inbox.data_seconds = 0.02
    environment = {
        "PATH": os.environ["PATH"],
        "MEMBER_DATABASE_URL": database.app_url,
        "MEMBER_FINGERPRINT_KEY": "k" * 32,
        "MEMBER_PORT": "0",
        "MEMBER_PUBLIC_URL": "https://shop.example",
        "MEMBER_SMTP_HOST": "127.0.0.1",
        "MEMBER_SMTP_PORT": str(await listen()),
        "MEMBER_SMTP_SECURITY": "none",
        "MEMBER_MAIL_SENDER": "no-reply@shop.example",
        "MEMBER_MAIL_POLL_INTERVAL_SECONDS": "0.05",
    }
    command = [sys.executable, "-m", "platform_member.main", "mail-worker"]

    async def run_until(sent):
        """Run a worker until the server has accepted `sent` mails, and kill it amid the next one."""
        process = await asyncio.create_subprocess_exec(*command, env=environment, cwd="/", stdout=DEVNULL)
        try:
            async with asyncio.timeout(60):
                while len(inbox.raw) < sent and rows():  # noqa: ASYNC110 (what changes is a row)
                    await asyncio.sleep(0.01)
        finally:
            process.kill()
            await process.wait()
        # The lease of a dead worker ends.
        make_due()

    kills = 2
    for kill in range(1, kills + 1):
        await run_until(kill * 40)
    await run_until(10_000)

    received = [message["Message-ID"] for message in inbox.messages]
    assert set(received) == {f"<{mail_id}@shop.example>" for mail_id in ids}
    assert len(received) - len(ids) <= kills
