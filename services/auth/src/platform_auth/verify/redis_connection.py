"""One connection to the store on which questions are written as bytes and answered in order.

redis-py connects (TLS, user, database, whatever the URL says); then this protocol takes the transport over, because a
client call a batch costs more than everything else about the batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Protocol

import hiredis
from redis.asyncio import Connection, ConnectionPool

_MISSING: Final = object()


class ConnectionListener(Protocol):
    """Who uses a link."""

    def answered(self, answers: list[Any]) -> None:
        """All the answers to the last question, in order."""

    def lost(self) -> None:
        """The connection is gone, and with it the answers that it owed."""


class PipelinedConnection(asyncio.Protocol):
    """A connection in use: one question at a time, of any number of commands.

    Answers come in the order of the commands; what breaks that order ends the connection.
    """

    def __init__(self, writer: asyncio.StreamWriter, owner: ConnectionListener) -> None:
        self._writer = writer  # kept, because it closes its transport when it is collected
        self._transport = writer.transport
        self._owner = owner
        self._reader = hiredis.Reader(notEnoughData=_MISSING)
        self._answers: list[Any] = []
        self._owed = 0
        self._lost = False

    @classmethod
    async def open(cls, pool: ConnectionPool, owner: ConnectionListener) -> PipelinedConnection:
        """Connect. Raises redis.exceptions.RedisError, OSError."""
        connection: Connection = pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            link = cls(_take_writer(connection), owner)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        link._transport.set_protocol(link)
        if link._transport.is_closing():
            raise ConnectionResetError("cut while it was taken over")
        return link

    def ask(self, commands: Sequence[bytes]) -> None:
        """Write the commands at once. The question before has been answered."""
        self._owed = len(commands)
        self._transport.write(b"".join(commands))

    def data_received(self, data: bytes) -> None:
        """Collect answers; hand them over when they are complete."""
        try:
            self._reader.feed(data)
            next_answer, answers = self._reader.gets, self._answers
            while (answer := next_answer()) is not _MISSING:
                answers.append(answer)
        except hiredis.ProtocolError:
            self.abort()
            return
        if len(answers) > self._owed:
            self.abort()
        elif len(answers) == self._owed and answers:
            self._answers, self._owed = [], 0
            self._owner.answered(answers)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Say so to the owner."""
        self.abort()

    def abort(self) -> None:
        """End the connection at once."""
        if not self._lost:
            self._lost = True
            self._transport.abort()
            self._owner.lost()


def _take_writer(connection: Connection) -> asyncio.StreamWriter:
    """Take the stream from `connection`, which is as if it had been closed after this."""
    # There is no public way to do it; test_lookup.py fails should redis-py rename them.
    writer = connection._writer  # noqa: SLF001 (the same)
    if writer is None:
        raise ConnectionResetError("cut before it was taken over")
    connection._writer = connection._reader = None  # noqa: SLF001 (the same)
    return writer
