"""A PostgreSQL for tests."""

from __future__ import annotations

import secrets
import signal
from pathlib import Path

import psycopg

from platform_standalone.local_servers.postgres import SUPERUSER, init_cluster, server_command
from platform_standalone.ports import reserve_port
from platform_testing.process import ServerProcess


class EphemeralPostgres:
    """A PostgreSQL server for tests: without durability (`fsync=off`), because its folder is deleted."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = reserve_port()
        self.password = secrets.token_urlsafe(16)
        self._data = folder / "postgres"
        self.log = folder / "postgres.log"
        self._settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"} | settings
        self.process: ServerProcess | None = None

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        if not (self._data / "PG_VERSION").exists():
            init_cluster(self._data, self.password)
        self.process = ServerProcess(server_command(self._data, self.port, **self._settings), self.log, Path("/"))
        self.process.wait_ready(self._is_ready)

    def stop(self) -> None:
        """Stop immediately, without saving anything."""
        if self.process is not None:
            self.process.stop(signal.SIGQUIT)

    def url(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """Return a URL of `database` for `user`."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def _is_ready(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True
