"""One connection to Redis on which commands are pipelined as bytes and replies are read in order.

redis-py interprets the URL; the connection itself is asyncio and hiredis, because a call of redis-py for each batch
costs more than everything else about the batch (docs/adr/0035-shortcuts-of-verify.md).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, cast

import hiredis
from redis.asyncio import ConnectionPool, SSLConnection
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisConnectionError

_INCOMPLETE: Final = object()
_AUTHENTICATION_ERRORS = frozenset({"WRONGPASS", "NOAUTH", "NOPERM"})


class ConnectionListener(Protocol):
    """What a connection reports to."""

    def on_replies(self, replies: list[Any]) -> None:
        """Handle all the replies to the last pipeline, in order."""

    def on_connection_lost(self) -> None:
        """Handle the end of the connection; outstanding replies are lost."""


class PipelinedConnection(asyncio.Protocol):
    """A connection with one pipeline at a time, of any number of commands.

    Replies come in the order of the commands; a violation of that order closes the connection.
    """

    def __init__(self, listener: ConnectionListener) -> None:
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._reader = hiredis.Reader(notEnoughData=_INCOMPLETE)
        self._replies: list[Any] = []
        self._expected = 0
        self._closed = False

    @classmethod
    async def open(cls, pool: ConnectionPool, listener: ConnectionListener) -> PipelinedConnection:
        """Connect by the URL of `pool`. Raises redis.exceptions.RedisError, OSError."""
        handshake = _Handshake()
        connection = cls(handshake)
        try:
            await _connect(connection, pool)
            connection.send(_handshake_commands(pool.connection_kwargs))
            _check_handshake(await handshake.replies)
        except BaseException:
            connection.abort()
            raise
        connection._listener = listener
        if connection._closed:
            raise ConnectionResetError("closed after the handshake")
        return connection

    def send(self, commands: Sequence[bytes]) -> None:
        """Write the commands at once. All replies to the previous ones have been received."""
        self._expected = len(commands)
        if self._transport is not None:
            self._transport.write(b"".join(commands))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        """Collect replies and pass them on when they are complete."""
        try:
            self._reader.feed(data)
            next_reply, replies = self._reader.gets, self._replies
            while (reply := next_reply()) is not _INCOMPLETE:
                replies.append(reply)
        except hiredis.ProtocolError:
            self.abort()
            return
        if len(replies) > self._expected:
            self.abort()
        elif len(replies) == self._expected and replies:
            self._replies, self._expected = [], 0
            self._listener.on_replies(replies)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Tell the listener."""
        self.abort()

    def abort(self) -> None:
        """Close the connection at once."""
        if not self._closed:
            self._closed = True
            if self._transport is not None:
                self._transport.abort()
            self._listener.on_connection_lost()


class _Handshake:
    """Receives the replies to the commands that a new connection starts with."""

    def __init__(self) -> None:
        self.replies: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

    def on_replies(self, replies: list[Any]) -> None:
        if not self.replies.done():
            self.replies.set_result(replies)

    def on_connection_lost(self) -> None:
        if not self.replies.done():
            self.replies.set_exception(ConnectionResetError("closed during the handshake"))
            self.replies.exception()  # retrieved, so that asyncio does not log it when nothing waits


async def _connect(connection: PipelinedConnection, pool: ConnectionPool) -> None:
    loop, options = asyncio.get_running_loop(), pool.connection_kwargs
    if path := options.get("path"):
        await loop.create_unix_connection(lambda: connection, path)
        return
    host = options.get("host", "localhost")
    context = _tls(pool)
    server_hostname = host if context else None
    await loop.create_connection(
        lambda: connection, host, options.get("port", 6379), ssl=context, server_hostname=server_hostname
    )


def _tls(pool: ConnectionPool) -> ssl.SSLContext | None:
    """Return the TLS context of a `rediss://` URL with its `ssl_…` options, None for another URL."""
    template: Any = pool.make_connection()  # type: ignore[no-untyped-call] # not connected
    if not isinstance(template, SSLConnection):
        return None
    context: ssl.SSLContext = template.ssl_context.get()
    return context


def _handshake_commands(options: Mapping[str, Any]) -> list[bytes]:
    """Return the commands that authenticate, name the connection and choose the database."""
    commands = []
    if password := options.get("password"):
        username = options.get("username")
        commands.append(("AUTH", username, password) if username else ("AUTH", password))
    if name := options.get("client_name"):
        commands.append(("CLIENT", "SETNAME", name))
    commands.append(("SELECT", str(options.get("db") or 0)))
    return [hiredis.pack_command(command) for command in commands]  # type: ignore[arg-type] # typed as a tuple of one


def _check_handshake(replies: list[Any]) -> None:
    for reply in replies:
        if isinstance(reply, hiredis.ReplyError):
            kind = str(reply).partition(" ")[0]
            error = AuthenticationError if kind in _AUTHENTICATION_ERRORS else RedisConnectionError
            raise error(f"the handshake was refused: {kind}")
