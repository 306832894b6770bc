"""One connection to the store on which questions are written as bytes and answered in order.

redis-py connects (TLS, user, database, whatever the URL says); then this protocol takes the transport over, because a
client call a batch costs more than everything else about the batch.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final, Protocol

import hiredis
from redis.asyncio import Connection, ConnectionPool

_MISSING: Final = object()


class Batch(Protocol):
    """Commands that are written together. `answers` grows to as many as there are `commands`."""

    commands: list[bytes]
    answers: list[Any]


class LinkOwner(Protocol):
    """Who uses a link."""

    def answered(self, batch: Any) -> None:
        """Every answer of `batch` is there."""

    def lost(self, link: StoreLink, unanswered: list[Any]) -> None:
        """The connection is gone, and with it the answers to these batches."""


class StoreLink(asyncio.Protocol):
    """A connection in use. Answers come in the order of the commands; what breaks that order ends the connection."""

    def __init__(self, writer: asyncio.StreamWriter, owner: LinkOwner) -> None:
        self._writer = writer  # kept, because it closes its transport when it is collected
        self._transport = writer.transport
        self._owner = owner
        self._reader = hiredis.Reader(notEnoughData=_MISSING)
        self._flying: deque[Any] = deque()
        self._lost = False

    @classmethod
    async def open(cls, pool: ConnectionPool, owner: LinkOwner) -> StoreLink:
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

    def ask(self, batch: Batch) -> None:
        """Write the commands of `batch`."""
        self._flying.append(batch)
        self._transport.write(b"".join(batch.commands))

    def carries(self, batch: Batch) -> bool:
        """Say whether `batch` is on its way."""
        return batch in self._flying

    def data_received(self, data: bytes) -> None:
        """Hand answers to their batches."""
        try:
            self._reader.feed(data)
            self._read_answers()
        except hiredis.ProtocolError:
            self.abort()

    def _read_answers(self) -> None:
        next_answer = self._reader.gets
        while self._flying:
            batch = self._flying[0]
            answers = batch.answers
            for _ in range(len(batch.commands) - len(answers)):
                answer = next_answer()
                if answer is _MISSING:
                    return
                answers.append(answer)
            self._flying.popleft()
            self._owner.answered(batch)
        if next_answer() is not _MISSING:
            raise hiredis.ProtocolError("an answer to no question")

    def connection_lost(self, _exc: Exception | None) -> None:
        """Say so to the owner."""
        self.abort()

    def abort(self) -> None:
        """End the connection at once; what is on its way is lost."""
        if self._lost:
            return
        self._lost = True
        self._transport.abort()
        unanswered = list(self._flying)
        self._flying.clear()
        self._owner.lost(self, unanswered)


def _take_writer(connection: Connection) -> asyncio.StreamWriter:
    """Take the stream from `connection`, which is as if it had been closed after this."""
    # There is no public way to do it; test_lookup.py fails should redis-py rename them.
    writer = connection._writer  # noqa: SLF001 (the same)
    if writer is None:
        raise ConnectionResetError("cut before it was taken over")
    connection._writer = connection._reader = None  # noqa: SLF001 (the same)
    return writer
