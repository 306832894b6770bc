"""A Valkey for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import redis

from platform_standalone.local_servers.valkey import PLATFORM_RULES, AclUser, server_command, write_config
from platform_standalone.ports import reserve_port
from platform_testing.process import ServerProcess

__all__ = ["PLATFORM_RULES", "AclUser", "EphemeralValkey", "server_command"]


class EphemeralValkey:
    """A server for tests; it may be killed and started again on its append-only file."""

    def __init__(self, folder: Path, users: Mapping[str, AclUser]) -> None:
        self.port = reserve_port()
        self._users = dict(users)
        self._config = folder / "valkey.conf"
        self._data = folder / "valkey"
        self._log = folder / "valkey.log"
        self.process: ServerProcess | None = None

    def start(self) -> None:
        """Start the server and wait until it has loaded its data."""
        write_config(self._config, self.port, self._data, self._users)
        self.process = ServerProcess(server_command(self._config), self._log)
        self.process.wait_ready(self._is_ready)

    def stop(self) -> None:
        """Stop the server; what is in its append-only file stays."""
        if self.process is not None:
            self.process.stop()

    def url(self, user: str, database: int) -> str:
        """Return the URL of `database` for `user`."""
        return f"redis://{user}:{self._users[user].password}@127.0.0.1:{self.port}/{database}"

    def _is_ready(self) -> bool:
        name, user = next(iter(self._users.items()))
        try:
            with redis.Redis(
                port=self.port, username=name, password=user.password, socket_timeout=1, socket_connect_timeout=1
            ) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
