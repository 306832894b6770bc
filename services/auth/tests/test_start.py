"""Starting and stopping the real process: what is wrong is one sentence."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from platform_auth.config import AuthSettings
from platform_auth.serving import run, wait_for_store
from platform_standalone.ports import reserve_port
from platform_testing.servers import REDIS_RULES
from platform_testing.valkey import AclUser, EphemeralValkey

SECRET = "s3cr3t-of-more-than-thirty-two-bytes-in-all"


@pytest.fixture
def environment(clean_valkey, ring):
    return {
        "AUTH_REDIS_URL": clean_valkey.url("auth", 1),
        "AUTH_MEMBER_URL": "http://127.0.0.1:9",
        "AUTH_KEY_RING_DIR": str(ring),
        "AUTH_TOKEN_ISSUER": "https://members.test",
        "AUTH_TOKEN_AUDIENCE": "member-platform",
        "AUTH_SERVICE_TOKEN_KEY": SECRET,
        "AUTH_PORT": str(reserve_port()),
    }


def start(environment, folder):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AUTH_")}
    return subprocess.Popen(
        [sys.executable, "-m", "platform_auth.main", "serve"],
        env=clean | environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refusal(environment, folder):
    process = start(environment, folder)
    try:
        _out, said = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail("it does not end")
    assert said.count("\n") == 1, said
    assert SECRET not in said
    return process.returncode, said


@pytest.fixture
def refused_in_process(monkeypatch, capsys, tmp_path):
    """Return a function that starts the service here, and says with which code and words it refused to."""
    monkeypatch.chdir(tmp_path)

    def start_here(environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            run()
        return ended.value.code, capsys.readouterr().err

    return start_here


REQUIRED = [
    "AUTH_REDIS_URL",
    "AUTH_MEMBER_URL",
    "AUTH_KEY_RING_DIR",
    "AUTH_TOKEN_ISSUER",
    "AUTH_TOKEN_AUDIENCE",
    "AUTH_SERVICE_TOKEN_KEY",
    "AUTH_PORT",
]


def test_everything_that_is_missing_is_named_at_once(tmp_path):
    code, said = refusal({}, tmp_path)

    assert code == 2
    assert all(f"{name} is not set" in said for name in REQUIRED)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AUTH_REDIS_URL", "http://:hunter2@example.test"),
        ("AUTH_MEMBER_URL", "ftp://example.test"),
        ("AUTH_SERVICE_TOKEN_KEY", "hunter2"),
        ("AUTH_EDGE_HEADERS", "both-hunter2"),
        ("AUTH_SESSION_IDLE_TIMEOUT_SECONDS", "hunter2"),
        ("AUTH_SESSION_ABSOLUTE_TIMEOUT_SECONDS", "0"),
        ("AUTH_SESSION_LOOKUP_TIMEOUT_SECONDS", "-1"),
        ("AUTH_TOKEN_CACHE_SIZE", "0"),
        ("AUTH_RATE_LIMIT_LOGIN_FAILURES_PER_ADDRESS", "hunter2"),
        ("AUTH_RATE_LIMIT_LOGIN_FAILURES_PER_ADDRESS", "300"),
        ("AUTH_RATE_LIMIT_LOGIN_FAILURES_PER_ADDRESS", "0/hour"),
        ("AUTH_RATE_LIMIT_LOGIN_FAILURES_PER_ADDRESS", "10/0 minutes"),
        ("AUTH_RATE_LIMIT_LOGIN_FAILURES_PER_ADDRESS", "10/minute;100/hour"),
        ("AUTH_RATE_LIMIT_LOGIN_FAILURES_PER_ADDRESS", "2000000/hour"),
        ("AUTH_RATE_LIMIT_LOGIN_FAILURES_PER_ADDRESS", "10/401 days"),
        ("AUTH_LOG_LEVEL", "loud"),
        ("AUTH_KEY_RING_DIR", "/nowhere/at/all"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(refused_in_process, environment, variable, value):
    code, said = refused_in_process(environment | {variable: value})

    assert code == 2
    assert said.count("\n") == 1
    assert variable in said
    assert "hunter2" not in said


def test_insecure_cookies_are_refused_off_loopback(refused_in_process, environment):
    changes = {"AUTH_INSECURE_COOKIES_FOR_LOCAL_DEVELOPMENT": "true", "AUTH_HOST": "0.0.0.0"}

    code, said = refused_in_process(environment | changes)

    assert code == 2
    assert "AUTH_INSECURE_COOKIES_FOR_LOCAL_DEVELOPMENT" in said


def test_a_store_that_does_not_respond_is_named(environment, tmp_path):
    code, said = refusal(
        environment | {"AUTH_REDIS_URL": f"redis://auth:{SECRET}@127.0.0.1:{reserve_port()}/1"}, tmp_path
    )

    assert code == 1
    assert "AUTH_REDIS_URL" in said


async def test_a_store_that_starts_a_moment_later_is_waited_for(tmp_path):
    server = EphemeralValkey(tmp_path, {"auth": AclUser("secret", REDIS_RULES["auth"])})
    waiting = asyncio.create_task(wait_for_store(SecretStr(server.url("auth", 1)), wait_seconds=30))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    await asyncio.to_thread(server.start)
    try:
        await waiting
    finally:
        server.stop()


def test_a_store_that_refuses_the_password_is_named(environment, clean_valkey, tmp_path):
    url = f"redis://auth:{SECRET}@127.0.0.1:{clean_valkey.port}/1"

    code, said = refusal(environment | {"AUTH_REDIS_URL": url}, tmp_path)

    assert code == 1
    assert "AUTH_REDIS_URL" in said


def test_a_store_that_says_nothing_is_named(environment, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://auth:{SECRET}@127.0.0.1:{silent.getsockname()[1]}/1"

        code, said = refusal(environment | {"AUTH_REDIS_URL": url}, tmp_path)

    assert code == 1
    assert "AUTH_REDIS_URL" in said


def test_a_port_in_use_is_named(environment, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = refusal(environment | {"AUTH_PORT": str(taken.getsockname()[1])}, tmp_path)

    assert code == 1
    assert "AUTH_PORT" in said


def test_settings_are_read_from_the_services_own_file(refused_in_process, environment, tmp_path):
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in environment.items()))

    code, said = refused_in_process({"AUTH_TOKEN_AUDIENCE": ""})

    assert code == 2
    assert said.startswith("Wrong settings: AUTH_TOKEN_AUDIENCE")
    assert said.count("AUTH_") == 1


def test_the_example_file_names_every_setting():
    example = (Path(__file__).parents[1] / ".env.example").read_text()

    for name in AuthSettings.model_fields:
        assert f"AUTH_{name.upper()}=" in example


async def test_the_process_serves_is_ready_and_stops(environment, tmp_path):
    metrics = reserve_port()
    process = start(environment | {"AUTH_METRICS_PORT": str(metrics)}, tmp_path)
    try:
        base = f"http://127.0.0.1:{environment['AUTH_PORT']}"
        async with httpx2.AsyncClient(base_url=base) as http:
            await until_ready(http)
            assert (await http.get("/livez")).json() == {"status": "alive"}
            assert (await http.get("/auth/verify")).status_code == 401
            assert (await http.head("/.well-known/jwks.json")).status_code == 200
            assert (await http.get("/auth/verify?optional=1")).status_code == 200
            said = (await http.get(f"http://127.0.0.1:{metrics}/metrics")).text
        assert 'auth_verify_requests_total{outcome="missing"} 2.0' in said
        assert "auth_session_lookup_batch_size_bucket" in said
    finally:
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=60)
    assert process.returncode in {0, -signal.SIGTERM}
    assert not said
    for line in out.splitlines():
        assert json.loads(line)["service"] == "auth"


async def until_ready(http):
    deadline = time.monotonic() + 60
    while True:
        try:
            if (await http.get("/readyz")).status_code == 200:
                return
        except httpx2.TransportError:
            assert time.monotonic() < deadline


async def test_readiness_says_that_the_store_is_unavailable(auth, client, monkeypatch):
    async def refuse():
        raise ConnectionError

    monkeypatch.setitem(auth.health.checks, "redis", refuse)

    response = await client.http.get("/readyz")

    assert response.status_code == 503
    assert response.json()["failing"] == {"redis": "does not respond"}
