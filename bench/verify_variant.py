"""auth without one of the shortcuts of `/auth/verify`, for `bench/verify.py --shortcuts` (docs/adr/0035).

usage: verify_variant.py asgi|redis-py|mget|none serve
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Connection, ConnectionPool

import platform_auth.verify.lookup
from platform_auth.main import main
from platform_auth.verify.fast_response import FastResponse
from platform_auth.verify.redis_connection import ConnectionListener

# Before the key's length in what `get_command` returns.
_GET = len(b"*2\r\n$3\r\nGET\r\n")


class RedisPyConnection:
    """A connection of redis-py, used by its public methods: each batch in one write, and one reply for each command."""

    def __init__(self, connection: Connection, listener: ConnectionListener) -> None:
        self._connection: Any = connection
        self._listener = listener
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def open(cls, pool: ConnectionPool, listener: ConnectionListener) -> RedisPyConnection:
        """Connect."""
        connection: Any = pool.make_connection()
        await connection.connect()
        return cls(connection, listener)

    def send(self, commands: Sequence[bytes]) -> None:
        """Send the commands in a task."""
        self._task = asyncio.get_running_loop().create_task(self._run(commands))

    async def _run(self, commands: Sequence[bytes]) -> None:
        try:
            replies = await self.fetch(commands)
        except Exception:
            self.abort()
            raise
        self._listener.on_replies(replies)

    async def fetch(self, commands: Sequence[bytes]) -> list[Any]:
        """Return the replies to `commands`."""
        await self._connection.send_packed_command(b"".join(commands), check_health=False)
        return [await self._connection.read_response() for _ in commands]

    def abort(self) -> None:
        """Give the connection up."""
        if not self._closed:
            self._closed = True
            self._listener.on_connection_lost()


class MgetConnection(RedisPyConnection):
    """The same with one MGET for each batch."""

    async def fetch(self, commands: Sequence[bytes]) -> list[Any]:
        """Return the replies to `commands`, which are GETs."""
        keys = b"".join(command[_GET:] for command in commands)
        mget = b"*%d\r\n$4\r\nMGET\r\n%b" % (len(commands) + 1, keys)
        await self._connection.send_packed_command(mget, check_health=False)
        replies: list[Any] = await self._connection.read_response()
        return replies


def _by_asgi() -> None:
    async def examine(*_: object) -> None:
        return

    FastResponse._examine = examine  # type: ignore[assignment,method-assign] # noqa: SLF001 (what this program is for)


def _use(connection: type[RedisPyConnection]) -> None:
    platform_auth.verify.lookup.PipelinedConnection = connection  # type: ignore[assignment,misc]


VARIANTS = {
    "asgi": [_by_asgi],
    "redis-py": [lambda: _use(RedisPyConnection)],
    "mget": [lambda: _use(MgetConnection)],
    "none": [_by_asgi, lambda: _use(MgetConnection)],
}

if __name__ == "__main__":
    for change in VARIANTS[sys.argv.pop(1)]:
        change()
    main()
