"""A platform that the suite starts, by the command that people use, on free ports and in a folder of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.utils import base64url_decode, base64url_encode

from blackbox.client import Account
from blackbox.waiting import eventually

COMMAND = Path(sys.executable).with_name("member-platform")

SERVICES = ("auth", "member", "shop", "web")
COMPONENTS = ("edge", "gateway", *SERVICES, "valkey", "valkey-idempotency", "postgres")

# How much of a log is looked at for a request that has just been answered.
RECENT_BYTES = 1 << 18

# How long a component may take to be back after its death (seconds); databases may have to recover first.
RECOVERY_SECONDS = 40.0


# Limits and time-outs that are reached sooner than by default; nothing is turned off. Only the limits of one address
# are higher: it plays all clients here.
SETTINGS = {
    "AUTH_RATE_LIMIT_LOGIN_FAILURES_PER_ADDRESS": "40/10 minutes",
    "AUTH_RATE_LIMIT_LOGIN_FAILURES_PER_ACCOUNT": "60/hour",
    "CORS_ORIGINS": "https://app.example",
    # an address of loopback that no other test's client has
    "TRUSTED_PROXIES": "127.99.0.1",
    "AUTH_REFRESH_GRACE_SECONDS": "10",
    "VALKEY_MAXMEMORY": "32mb",
    "VALKEY_IDEMPOTENCY_MAXMEMORY": "32mb",
    "MEMBER_REQUEST_TIMEOUT_SECONDS": "5",
    "SHOP_NEW_CARTS_PER_ADDRESS": "5000",
    "SHOP_UNPAID_ORDERS_PER_ADDRESS": "1000",
    "SHOP_UNPAID_PIECES_PER_ADDRESS": "10000",
    "SHOP_PAYMENT_POLL_INTERVAL_SECONDS": "2",
    "SHOP_PAYMENT_SWEEP_INTERVAL_SECONDS": "1",
    "SHOP_TEST_PAYMENT_DELAY_SECONDS": "4",
}


class OwnPlatform:
    """The platform's command line, its processes, its logs."""

    def __init__(self, state: Path, settings: Mapping[str, str] | None = None) -> None:
        self.state = state
        self._settings = {**SETTINGS, **(settings or {})}
        self.welcome = ""
        self.base_url = ""
        self._addresses: dict[str, str] = {}

    def start(self) -> None:
        """Start it and wait until it is whole. Raises AssertionError with what the command said."""
        result = self._command("up", "--free-ports")
        assert result.returncode == 0, f"platform up: {result.stdout}\n{result.stderr}"
        self.welcome = result.stdout
        status = self.status()
        self.base_url = str(status["url"])
        self._addresses = {component["name"]: str(component["address"]) for component in status["components"]}

    def stop(self) -> None:
        """Stop all that it started."""
        result = self._command("down")
        assert result.returncode == 0, f"platform down: {result.stdout}\n{result.stderr}"

    def administrator(self) -> Account:
        """Return the first administrator."""
        document = json.loads(self._command("admin").stdout)
        return Account(document["email"], document["password"], "Administrator")

    def join(self, manifest: Path) -> None:
        """Put another team's service behind it."""
        result = self._command("join", str(manifest))
        assert result.returncode == 0, result.stderr

    def leave(self, name: str) -> None:
        """Remove a joined service."""
        result = self._command("leave", name)
        assert result.returncode == 0, result.stderr

    def status(self) -> dict[str, Any]:
        """Return the output of the command for programs."""
        result = self._command("status", "--json")
        assert result.returncode == 0, result.stderr
        return dict(json.loads(result.stdout))

    def component(self, name: str) -> dict[str, Any]:
        """Return what the status says about one component."""
        [component] = [component for component in self.status()["components"] if component["name"] == name]
        return dict(component)

    def processes(self, name: str) -> list[psutil.Process]:
        """Return a component's processes, its own first, then its workers."""
        own = psutil.Process(self.component(name)["pid"])
        return [own, *own.children(recursive=True)]

    def all_processes(self) -> list[psutil.Process]:
        """Return the supervisor's process and every one below it."""
        supervisor = psutil.Process(self.status()["supervisor"])
        return [supervisor, *supervisor.children(recursive=True)]

    def kill(self, name: str) -> int:
        """Kill a component as a crash would (SIGKILL), and return the process id that it had."""
        pid: int = self.component(name)["pid"]
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_worker(self, name: str) -> None:
        """Kill a worker of a component; the component itself goes on."""
        _, *workers = self.processes(name)
        assert workers, f"{name} has no workers"
        workers[0].kill()

    def wait_whole(self) -> None:
        """Wait until every component is healthy."""
        eventually(self._whole, "every component is healthy again", within=RECOVERY_SECONDS, pause=0.1)

    def wait_restarted(self, name: str, old_pid: int) -> None:
        """Wait until a component is healthy under another process id than `old_pid`."""

        def restarted() -> bool:
            component = self.component(name)
            return component["pid"] not in {None, old_pid} and component["health"] == "healthy"

        eventually(restarted, f"{name} is back", within=RECOVERY_SECONDS)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Hold a component still, as an overloaded machine would: it neither answers nor closes its connections."""
        processes = self.processes(name)
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    def services_that_saw(self, request_id: str) -> set[str]:
        """Return the services whose log contains an answered request."""
        return {name for name in SERVICES if request_id in self._recent_log(name)}

    def _recent_log(self, name: str) -> str:
        """Return the end of a service's log, up to date: a request is logged just after its response has gone."""
        marker = f"e2e-{secrets.token_hex(8)}"
        httpx2.get(f"http://{self._addresses[name]}/{marker}", headers={"X-Request-ID": marker}, trust_env=False)

        def read() -> str:
            with (self.state / "logs" / f"{name}.log").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - RECENT_BYTES))
                text = log.read().decode(errors="replace")
            return text if marker in text else ""

        return eventually(read, f"{name} logs a request")

    def logs(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the text of every log file."""
        for path in sorted((self.state / "logs").glob("*.log")):
            yield path.name, path.read_text(errors="replace")

    def secrets(self) -> list[str]:
        """Return every secret that was generated for this installation."""
        return [value for value in json.loads((self.state / "credentials.json").read_text()).values() if value]

    def service_token_key(self) -> str:
        """Return the key of the tokens with which services call one another."""
        return str(json.loads((self.state / "credentials.json").read_text())["service_token_key"])

    def service_url(self, name: str) -> str:
        """Return where a service listens, behind the edge and the gateway."""
        return f"http://{self._addresses[name]}"

    def answer_store(self) -> redis.Redis:
        """Return the gateway's own access to its store of responses."""
        return self._store("valkey-idempotency", "gateway", 0)

    def session_store(self) -> redis.Redis:
        """Return auth's own access to its store of sessions."""
        return self._store("valkey", "auth", 1)

    def _store(self, component: str, user: str, database: int) -> redis.Redis:
        host, _, port = self._addresses[component].rpartition(":")
        password = json.loads((self.state / "credentials.json").read_text())[f"valkey_{user}"]
        return redis.Redis(host=host, port=int(port), db=database, username=user, password=password)

    def signing_key(self, kid: str, jwks: Mapping[str, list[Mapping[str, str]]]) -> Ed25519PrivateKey:
        """Return the private half of the published key `kid`, wherever in the state folder it lies."""
        [published] = [key["x"] for key in jwks["keys"] if key["kid"] == kid]
        for path in (self.state / "keys").rglob("*"):
            for key in _private_keys(path) if path.is_file() else ():
                if base64url_encode(key.public_key().public_bytes_raw()).decode() == published:
                    return key
        raise AssertionError("no file of the key ring holds the published key")

    def _whole(self) -> bool:
        return all(component["health"] == "healthy" for component in self.status()["components"])

    def _command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments, "--state", self.state],
            env={**os.environ, **self._settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )


def _private_keys(path: Path) -> Iterator[Ed25519PrivateKey]:
    """Yield the Ed25519 keys in a file: PEM, or JSON Web Keys at any depth."""
    data = path.read_bytes()
    if b"PRIVATE KEY" in data:
        key = load_pem_private_key(data, None)
        assert isinstance(key, Ed25519PrivateKey)
        yield key
        return
    try:
        pending = [json.loads(data)]
    except ValueError:
        return
    while pending:
        value = pending.pop()
        if isinstance(value, dict) and isinstance(value.get("d"), str):
            yield Ed25519PrivateKey.from_private_bytes(base64url_decode(value["d"]))
        pending.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
