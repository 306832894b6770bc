"""The services' databases: their cluster, their roles, their rights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from platform_standalone.errors import PlatformError
from platform_standalone.local_servers.postgres import init_cluster
from platform_standalone.local_servers.wheels import ServerFailed
from platform_standalone.log_files import cause


@dataclass(frozen=True)
class ServiceDatabase:
    """The database of a service, with the role that owns its tables and the one that the service itself has."""

    name: str

    @property
    def owner(self) -> str:
        """The role that creates and changes tables."""
        return f"{self.name}_owner"

    @property
    def app(self) -> str:
        """The role that reads and writes rows."""
        return f"{self.name}_app"


MEMBER, SHOP = ServiceDatabase("member"), ServiceDatabase("shop")


def make_cluster(data: Path, password: str) -> bool:
    """Make PostgreSQL's data folder; False when it is there already. Raises PlatformError."""
    remove_dead_lock(data)
    if (data / "PG_VERSION").exists():
        return False
    try:
        # A folder without a version is what an interrupted initdb left: it removes its own files, or made none.
        init_cluster(data, password)
    except ServerFailed as error:
        raise PlatformError(
            f"PostgreSQL's data folder cannot be created: {cause(str(error))} "
            f"(if {data} is left over from an aborted start: make reset)"
        ) from None
    return True


def remove_dead_lock(data: Path) -> None:
    """Remove the lock file of a server that no longer runs.

    PostgreSQL takes any live process with the recorded id for itself; after a reboot that may be a stranger.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    try:
        holder = Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        holder = None
    # The server's working directory is its data folder.
    if holder is None or not _same(holder, data):
        lock.unlink(missing_ok=True)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


async def provision(superuser_url: str, database: ServiceDatabase, owner_password: str, app_password: str) -> None:
    """Create a service's database and its two roles, or set the roles' passwords.

    What the app role may do in the database, the service's own `migrate` grants.
    """
    name, owner, app = (sql.Identifier(one) for one in (database.name, database.owner, database.app))
    async with await psycopg.AsyncConnection.connect(superuser_url, autocommit=True) as server:
        for role, password in ((database.owner, owner_password), (database.app, app_password)):
            known = await server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            verb = "ALTER" if await known.fetchone() else "CREATE"
            statement = sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}")
            await server.execute(statement.format(sql.Identifier(role), sql.Literal(password)))
        known = await server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database.name])
        if await known.fetchone() is None:
            await server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
        await server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        await server.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, app))


async def revision(owner_url: str) -> str:
    """Return the revision that a database is at; an empty text when it was never migrated."""
    async with await psycopg.AsyncConnection.connect(owner_url) as database:
        table = await (await database.execute("SELECT to_regclass('public.alembic_version')")).fetchone()
        if table is None or table[0] is None:
            return ""
        row = await (await database.execute("SELECT version_num FROM alembic_version")).fetchone()
        return str(row[0]) if row else ""
