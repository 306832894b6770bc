"""Look-ups in the session store: those of one turn of the event loop travel in one write.

Nothing is remembered: each request is answered from a look-up that began after the request had come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import structlog
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from platform_auth.verify.metrics import SessionLookupMetrics
from platform_auth.verify.redis_connection import PipelinedConnection

log = structlog.get_logger(__name__)


class NoReply:
    """The type of `NO_REPLY`."""


# The result of a look-up that the store did not answer in time: a value, because an exception a request costs more.
NO_REPLY: Final = NoReply()

# A batch that was lost with its connection is asked once more: the connection had most likely died before.
_SENDS = 2


def get_command(key: str) -> bytes:
    """Return GET of `key` (RESP: an array of bulk strings)."""
    encoded = key.encode()
    return b"*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n" % (len(encoded), encoded)


class _Batch:
    """Look-ups that travel together."""

    __slots__ = ("commands", "opened_at", "sends", "timer", "waiting")

    def __init__(self, opened_at: float) -> None:
        self.commands: list[bytes] = []
        self.waiting: list[asyncio.Future[Any]] = []
        self.opened_at = opened_at
        self.sends = 0
        self.timer: asyncio.TimerHandle | None = None

    def settle(self, answers: Iterable[Any]) -> None:
        """Give the answers to those who wait for them."""
        if self.timer is not None:
            self.timer.cancel()
        for future, answer in zip(self.waiting, answers, strict=True):
            if not future.done():
                future.set_result(answer)


class SessionLookup:
    """Asks the store over one connection of `pool`. Each look-up has its result `timeout` seconds after its turn of the
    loop at the most.

    One batch is on its way at a time. What comes meanwhile travels with the next, so that batches grow with the load.
    """

    def __init__(self, pool: ConnectionPool, timeout: float, metrics: SessionLookupMetrics | None = None) -> None:
        self._pool = pool
        self._timeout = timeout
        self._metrics = metrics or SessionLookupMetrics()
        self._connection: PipelinedConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._open: _Batch | None = None
        self._current: _Batch | None = None
        self._in_flight = False
        self._unavailable = False

    def get(self, command: bytes) -> asyncio.Future[Any]:
        """Return a future of the answer to `command`, one of `get_command`.

        It holds bytes, None when there is nothing, a hiredis.ReplyError, or NO_REPLY when nobody can say.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        batch = self._open
        if batch is None:
            batch = self._open = _Batch(loop.time())
            # In the next turn of the loop: every look-up of this one is in by then.
            loop.call_soon(self._seal_batch, batch)
        batch.commands.append(command)
        batch.waiting.append(future)
        return future

    async def close(self) -> None:
        """End the connection; whoever still waits is told that the store is away."""
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        self._give_up()
        if self._connection is not None:
            self._connection.abort()

    def _seal_batch(self, batch: _Batch) -> None:
        """Ask for `batch`, from now on against the clock: a long turn of our own says nothing of the store."""
        if batch is self._open or batch is self._current:
            batch.timer = asyncio.get_running_loop().call_later(self._timeout, self._expire, batch)
        self._send_next()

    def _send_next(self) -> None:
        """Ask what is to be asked, unless an answer is awaited."""
        if self._in_flight:
            return
        if self._current is None:
            self._current, self._open = self._open, None
        if self._current is None:
            return
        if self._connection is not None:
            self._in_flight = True
            self._current.sends += 1
            self._connection.ask(self._current.commands)
        elif self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                self._connection = await PipelinedConnection.open(self._pool, self)
        except TimeoutError as error:
            # Each batch has a time of its own: one that came late deserves another try.
            self._log_unavailable(error)
        except (RedisError, OSError) as error:
            self._log_unavailable(error)
            self._give_up()
        finally:
            self._connecting = None
        self._send_next()

    def answered(self, answers: list[Any]) -> None:
        """Hand the answers to the last question out, and ask the next."""
        batch, self._current, self._in_flight = self._current, None, False
        if batch is not None:
            batch.settle(answers)
            self._metrics.answered(len(answers), asyncio.get_running_loop().time() - batch.opened_at)
        self._unavailable = False
        self._send_next()

    def lost(self) -> None:
        """Ask what was lost again, on a new connection."""
        self._connection, self._in_flight = None, False
        batch = self._current
        if batch is not None and batch.sends >= _SENDS:
            self._current = None
            self._refuse(batch)
        self._send_next()

    def _expire(self, batch: _Batch) -> None:
        self._log_unavailable(TimeoutError())
        self._refuse(batch)
        if batch is self._open:
            self._open = None
        elif batch is self._current:
            self._current = None
            if self._in_flight and self._connection is not None:
                # A connection that owes answers is of no use: they would be taken for those to later questions.
                self._connection.abort()

    def _give_up(self) -> None:
        for batch in (self._current, self._open):
            if batch is not None:
                self._refuse(batch)
        self._current = self._open = None

    def _refuse(self, batch: _Batch) -> None:
        self._metrics.failed(len(batch.waiting))
        batch.settle([NO_REPLY] * len(batch.waiting))

    def _log_unavailable(self, error: Exception) -> None:
        # Once for each time that it goes away, not once a request.
        if not self._unavailable:
            log.warning("session_store_unavailable", error=type(error).__name__)
        self._unavailable = True
