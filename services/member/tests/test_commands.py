"""The command `member`, as processes: what they print, how they end, what they leave."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from sqlalchemy.exc import ProgrammingError

from platform_common.serving import StartupError
from platform_database.migrate import migrate
from platform_database.revision import check_revision
from platform_database.start import wait_for_database
from platform_member.config import AdminSettings, MailWorkerSettings, MemberSettings, MigrationSettings
from platform_member.create_admin import read_admin
from platform_member.factors.encryption import SecretEncryption
from platform_member.main import main
from platform_member.schema import SCHEMA
from platform_standalone.ports import reserve_port

REFUSES = "refuses this role, its password or the database's name"
SECRET = "hunter2-" * 5


def environment(**variables):
    """Nothing of the caller's but what a program needs to start."""
    return {"PATH": os.environ["PATH"]} | {f"MEMBER_{name.upper()}": str(value) for name, value in variables.items()}


def run(*arguments, stdin="", cwd="/", **variables):
    return subprocess.run(
        [sys.executable, "-m", "platform_member.main", *arguments],
        env=environment(**variables), input=stdin, capture_output=True, text=True, timeout=60, check=False, cwd=cwd,
    )  # fmt: skip


@pytest.fixture
def served(database):
    """The settings of a service that can start."""
    return {
        "database_url": database.app_url,
        "auth_url": "http://127.0.0.1:1",
        "token_issuer": "https://members.test",
        "token_audience": "member-platform",
        "service_token_key": SECRET,
        "fingerprint_key": SECRET,
        "factor_keys": SECRET,
        "port": reserve_port(),
    }


def test_an_administrator_is_made_once(database):
    given = {"database_url": database.app_url, "admin_email": "Root@Example.com", "admin_password": "the lake at dawn"}

    first, again = run("create-admin", **given), run("create-admin", **given)

    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    made, found = json.loads(first.stdout), json.loads(again.stdout)
    assert made == {"id": made["id"], "email": "root@example.com", "created": True}
    assert found == made | {"created": False}
    (row,) = database.run("SELECT roles, status, version, session_epoch FROM members")
    assert row == {"roles": ["admin", "member"], "status": "active", "version": 1, "session_epoch": 1}
    assert "lake" not in first.stdout + first.stderr


def test_a_member_becomes_administrator_and_keeps_its_password_unless_told_otherwise(database, make_member):
    ann = make_member("ann", status="suspended")
    before = database.one("SELECT password_hash FROM members")
    given = {"database_url": database.app_url}

    result = run("create-admin", "--email", ann.email, stdin="the lake at dawn\n", **given)
    kept = database.one("SELECT password_hash FROM members")
    run("create-admin", "--email", ann.email, "--reset-password", stdin="the lake at dawn\n", **given)
    reset = database.one("SELECT password_hash FROM members")

    assert json.loads(result.stdout) == {"id": ann.id, "email": ann.email, "created": False}
    (row,) = database.run("SELECT roles, status, session_epoch FROM members")
    assert row == {"roles": ["admin", "member"], "status": "active", "session_epoch": 3}
    assert kept == before
    assert reset != before
    topics = [row["topic"] for row in database.run("SELECT topic FROM outbox_events ORDER BY id")]
    assert topics == ["member.roles-changed", "member.password-reset"]


def add_factors(database, member, keys):
    encrypted = SecretEncryption(keys).encrypt(UUID(member.id), "JBSWY3DPEHPK3PXP")
    database.run(
        "INSERT INTO totp_factors (member_id, encrypted_secret, last_step, confirmed_at) VALUES (%s, %s, 0, now())",
        member.id, encrypted,
    )  # fmt: skip


def test_an_administrator_keeps_its_second_factors_unless_told_otherwise(database, make_member):
    root = make_member("root", "admin")
    add_factors(database, root, [SECRET])
    command = ("create-admin", "--email", root.email)
    given = {"stdin": "the lake at dawn\n", "database_url": database.app_url}

    run(*command, **given)
    kept = database.one("SELECT count(*) FROM totp_factors")
    for _ in range(2):
        assert run(*command, "--reset-factors", **given).returncode == 0

    assert (kept, database.one("SELECT count(*) FROM totp_factors")) == (1, 0)
    assert database.one("SELECT session_epoch FROM members") == 2
    assert database.one("SELECT topic FROM outbox_events") == "member.factors-reset"


def test_secrets_are_encrypted_anew_under_the_first_key(database, make_member):
    ann, new, old = make_member("ann"), "n" * 32, "o" * 32
    add_factors(database, ann, [old])

    result = run("reencrypt-factors", database_url=database.app_url, factor_keys=f"{new},{old}")

    assert (result.returncode, json.loads(result.stdout)) == (0, {"reencrypted": 1}), result.stderr
    stored = database.one("SELECT encrypted_secret FROM totp_factors")
    assert SecretEncryption([new]).decrypt(UUID(ann.id), bytes(stored)) == "JBSWY3DPEHPK3PXP"


def test_secrets_of_an_unknown_key_stay_as_they_are(database, make_member):
    add_factors(database, make_member("ann"), ["o" * 32])
    before = database.one("SELECT encrypted_secret FROM totp_factors")

    result = run("reencrypt-factors", database_url=database.app_url, factor_keys="n" * 32)

    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "MEMBER_FACTOR_KEYS" in result.stderr
    assert database.one("SELECT encrypted_secret FROM totp_factors") == before


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        (None, "the lake at dawn", "MEMBER_ADMIN_EMAIL"),
        ("root@example.com", None, "MEMBER_ADMIN_PASSWORD"),
        ("nonsense", "the lake at dawn", "email"),
        ("root@example.com", "short", "password: A password has at least 8 characters."),
    ],
)
def test_an_administrator_that_cannot_be_is_one_sentence(database, monkeypatch, capsys, email, password, sentence):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    settings = AdminSettings(database_url=database.app_url, admin_password=password, _env_file=None)

    with pytest.raises(SystemExit) as ended:
        read_admin(settings, email, "Administrator")

    output = capsys.readouterr()
    assert (ended.value.code, output.err.count("\n"), output.out) == (2, 1, "")
    assert sentence in output.err


def test_a_guessable_password_makes_no_administrator(database):
    result = run("create-admin", "--email", "root@example.com", stdin="password123", database_url=database.app_url)

    assert (result.returncode, result.stdout) == (1, "")
    assert "too common" in result.stderr
    assert result.stderr.count("\n") == 1
    assert database.one("SELECT count(*) FROM members") == 0


def test_migrate_prints_what_it_did(empty_database):
    result = run("migrate", migration_database_url=empty_database.owner_url)

    assert (result.returncode, json.loads(result.stdout)["before"]) == (0, None), result.stderr


@pytest.mark.parametrize(
    ("command", "change", "variable"),
    [
        ("serve", {"database_url": None}, "MEMBER_DATABASE_URL"),
        ("serve", {"database_url": f"mysql://x:{SECRET}@127.0.0.1/member"}, "MEMBER_DATABASE_URL"),
        ("serve", {"auth_url": None}, "MEMBER_AUTH_URL"),
        ("serve", {"auth_url": "nonsense"}, "MEMBER_AUTH_URL"),
        ("serve", {"token_issuer": None}, "MEMBER_TOKEN_ISSUER"),
        ("serve", {"service_token_key": "hunter2"}, "MEMBER_SERVICE_TOKEN_KEY"),
        ("serve", {"fingerprint_key": None}, "MEMBER_FINGERPRINT_KEY"),
        ("serve", {"factor_keys": "hunter2"}, "MEMBER_FACTOR_KEYS"),
        ("serve", {"port": "http"}, "MEMBER_PORT"),
        ("serve", {"argon2_memory_kib": "1024"}, "MEMBER_ARGON2_MEMORY_KIB"),
        ("migrate", {}, "MEMBER_MIGRATION_DATABASE_URL"),
        ("migrate", {"migration_database_url": "postgresql://"}, "MEMBER_MIGRATION_DATABASE_URL"),
        ("create-admin", {"database_url": None}, "MEMBER_DATABASE_URL"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_the_variable(
    served, monkeypatch, capsys, tmp_path, command, change, variable
):
    monkeypatch.chdir(tmp_path)
    for name, value in (served | change).items():
        if value is not None:
            monkeypatch.setenv(f"MEMBER_{name.upper()}", str(value))

    with pytest.raises(SystemExit) as ended:
        main([command])

    output = capsys.readouterr()
    assert ended.value.code == 2
    (sentence,) = output.err.splitlines()
    assert variable in sentence
    assert "hunter2" not in output.err + output.out


def test_a_database_out_of_reach_ends_a_start(served):
    result = run("serve", **(served | {"database_url": f"postgresql://x:{SECRET}@127.0.0.1:1/member"}))

    assert result.returncode == 1
    assert result.stderr == "The database of MEMBER_DATABASE_URL cannot be reached.\n"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda url: url.replace("member_app:", "member_app:x"),
            "refuses this role, its password or the database's name",
        ),
        (lambda url: url + "_that_is_not_there", "refuses this role, its password or the database's name"),
        (lambda url: url, "has not all of its tables: run `member migrate`"),
    ],
)
async def test_a_database_that_does_not_fit_refuses_the_start(make_settings, empty_database, change, sentence):
    settings = make_settings(database_url=change(empty_database.app_url))

    with pytest.raises(StartupError) as refusal:
        await wait_for_database(settings, SCHEMA, wait_seconds=0.5)

    assert str(refusal.value) == f"The database of MEMBER_DATABASE_URL {sentence}."


async def test_a_start_waits_for_migrations_under_way(make_settings, empty_database):
    starting = asyncio.create_task(wait_for_database(make_settings(database_url=empty_database.app_url), SCHEMA, 30))
    owner = MigrationSettings(migration_database_url=empty_database.owner_url, _env_file=None)
    await asyncio.to_thread(migrate, owner, SCHEMA)

    await starting


async def test_a_start_waits_for_the_privileges_that_migrations_grant_last(make_settings, database, monkeypatch):
    database.run("REVOKE SELECT ON alembic_version FROM member_app")
    refused = []

    async def check(engine, schema):
        try:
            await check_revision(engine, schema)
        except ProgrammingError as error:
            refused.append(error)
            database.run("GRANT SELECT ON alembic_version TO member_app")
            raise

    monkeypatch.setattr("platform_database.start.check_revision", check)

    await wait_for_database(make_settings(), SCHEMA, 30)

    assert len(refused) == 1


def test_settings_may_stand_in_the_services_own_file(tmp_path, monkeypatch, capsys, served):
    lines = [f"MEMBER_{name.upper()}={value}" for name, value in served.items() if name != "auth_url"]
    (tmp_path / ".env").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit):
        main(["serve"])

    assert capsys.readouterr().err == "Wrong settings: MEMBER_AUTH_URL is not set.\n"


def test_the_example_of_settings_is_complete():
    """Every variable without a default stands in `.env.example`, and nothing in there is unknown."""
    example = Path(__file__).parents[1].joinpath(".env.example").read_text()
    named = {line.lstrip("# ").split("=")[0] for line in example.splitlines() if "MEMBER_" in line and "=" in line}
    fields = {
        f"MEMBER_{name.upper()}": field
        for settings in (MemberSettings, MailWorkerSettings, MigrationSettings, AdminSettings)
        for name, field in settings.model_fields.items()
    }

    assert named <= set(fields)
    assert {name for name, field in fields.items() if field.is_required()} <= named
    readme = Path(__file__).parents[1].joinpath("README.md").read_text()
    assert [name for name in fields if f"`{name}`" not in readme] == []


class Served:
    """`member serve` as a process."""

    def __init__(self, settings, log: Path) -> None:
        self.url = f"http://127.0.0.1:{settings['port']}"
        self.log = log
        with log.open("wb") as output:
            command = [sys.executable, "-m", "platform_member.main", "serve"]
            self.process = subprocess.Popen(command, env=environment(**settings), stdout=output, stderr=output, cwd="/")

    def wait_ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            try:
                if httpx2.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.05)


@pytest.fixture
def process(served, tmp_path):
    running = Served(served, tmp_path / "member.log")
    try:
        running.wait_ready()
        yield running
    finally:
        running.process.kill()
        running.process.wait(10)


def test_a_service_serves_and_ends_in_order(process, service, registration):
    made = httpx2.post(f"{process.url}/internal/members", json=registration(), headers=service(key=SECRET))

    process.process.send_signal(signal.SIGTERM)

    assert made.status_code == 201, made.text
    assert process.process.wait(20) in {0, -signal.SIGTERM}
    lines = [json.loads(line) for line in process.log.read_text().splitlines()]
    assert any(line.get("event") == "member_created" and line["service"] == "member" for line in lines)
    assert registration()["password"] not in process.log.read_text()


def test_a_service_killed_amid_requests_leaves_one_member_for_one_key(
    process, served, service, registration, tmp_path, database
):
    """One response has come, others are under way; whatever had happened to those, repeats get the first response."""
    body = registration() | {"idempotency": {"key": "k", "scope": "s", "fingerprint": "f"}}
    headers = service(key=SECRET)

    def register(url):
        return httpx2.post(f"{url}/internal/members", json=body, headers=headers, timeout=60)

    with ThreadPoolExecutor(16) as pool:
        posts = [pool.submit(register, process.url) for _ in range(16)]
        first = next(as_completed(posts)).result()
        process.process.kill()
    again = Served(served, tmp_path / "again.log")
    try:
        again.wait_ready()
        repeat = register(again.url)
    finally:
        again.process.kill()
        again.process.wait(10)

    assert (first.status_code, repeat.status_code) == (201, 201)
    assert repeat.content == first.content
    assert repeat.headers["idempotent-replayed"] == "true"
    answered = [post.result() for post in posts if post.exception() is None]
    assert {response.content for response in answered} == {first.content}
    assert database.one("SELECT count(*) FROM members") == 1
