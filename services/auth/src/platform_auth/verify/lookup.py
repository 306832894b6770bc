"""Look-ups in the session store: those of one iteration of the event loop share one write.

Nothing is cached: each request is decided by a look-up that started after the request had arrived.
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


# The result of a look-up without a reply in time: a value, because an exception for each request costs more.
NO_REPLY: Final = NoReply()

# A batch that was lost with its connection is sent once more: the connection was most likely dead before.
_MAX_SENDS = 2


def get_command(key: str) -> bytes:
    """Return GET of `key` (RESP: an array of bulk strings)."""
    encoded = key.encode()
    return b"*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n" % (len(encoded), encoded)


class _Batch:
    """Look-ups that are sent together."""

    __slots__ = ("commands", "deadline", "futures", "opened_at", "sends")

    def __init__(self, opened_at: float) -> None:
        self.commands: list[bytes] = []
        self.futures: list[asyncio.Future[Any]] = []
        self.opened_at = opened_at
        self.sends = 0
        self.deadline: float | None = None

    def resolve(self, replies: Iterable[Any]) -> None:
        """Set the results of the futures."""
        for future, reply in zip(self.futures, replies, strict=True):
            if not future.done():
                future.set_result(reply)


class SessionLookup:
    """Looks sessions up over one connection of `pool`. Each look-up has its result at most `timeout` seconds after the
    iteration of the event loop in which it was requested.

    One batch is in flight at a time. What arrives meanwhile is sent with the next, so batches grow with the load.
    """

    def __init__(self, pool: ConnectionPool, timeout: float, metrics: SessionLookupMetrics | None = None) -> None:
        self._pool = pool
        self._timeout = timeout
        self._metrics = metrics or SessionLookupMetrics()
        self._connection: PipelinedConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._pending: _Batch | None = None
        self._current: _Batch | None = None
        self._in_flight = False
        self._unavailable = False
        # Remembered: to find it takes a system call in Python 3.11.
        self._loop: asyncio.AbstractEventLoop | None = None
        # One timer for all batches, at the earliest deadline or before: one for each would cost more than its look-ups.
        self._timer: asyncio.TimerHandle | None = None

    def get(self, command: bytes) -> asyncio.Future[Any]:
        """Return a future of the reply to `command`, one of `get_command`.

        Its result is bytes, None for a missing key, a hiredis.ReplyError, or NO_REPLY.
        """
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        batch = self._pending
        if batch is None:
            batch = self._pending = _Batch(loop.time())
            # In the next iteration of the loop, when every look-up of this one has been added.
            loop.call_soon(self._seal_batch, loop, batch)
        batch.commands.append(command)
        batch.futures.append(future)
        return future

    async def close(self) -> None:
        """Close the connection; look-ups still waiting result in NO_REPLY."""
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        self._fail_all()
        if self._timer is not None:
            self._timer.cancel()
        if self._connection is not None:
            self._connection.abort()

    def _seal_batch(self, loop: asyncio.AbstractEventLoop, batch: _Batch) -> None:
        # The timeout starts when the batch is sealed, so a slow event-loop iteration does not count against Redis.
        if batch is self._pending or batch is self._current:
            batch.deadline = loop.time() + self._timeout
            if self._timer is None:
                self._timer = loop.call_at(batch.deadline, self._expire, loop)
        self._send_next()

    def _send_next(self) -> None:
        """Send the next batch unless one is in flight."""
        if self._in_flight:
            return
        if self._current is None:
            self._current, self._pending = self._pending, None
        if self._current is None:
            return
        if self._connection is not None:
            self._in_flight = True
            self._current.sends += 1
            self._connection.send(self._current.commands)
        elif self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                self._connection = await PipelinedConnection.open(self._pool, self)
        except TimeoutError as error:
            # Each batch has its own timeout: one that was added later gets another attempt.
            self._log_unavailable(error)
        except (RedisError, OSError) as error:
            self._log_unavailable(error)
            self._fail_all()
        finally:
            self._connecting = None
        self._send_next()

    def on_replies(self, replies: list[Any]) -> None:
        """Resolve the batch in flight and send the next."""
        batch, self._current, self._in_flight = self._current, None, False
        if batch is not None:
            batch.resolve(replies)
            if self._loop is not None:
                self._metrics.succeeded(len(replies), self._loop.time() - batch.opened_at)
        self._unavailable = False
        self._send_next()

    def on_connection_lost(self) -> None:
        """Send the batch in flight again on a new connection."""
        self._connection, self._in_flight = None, False
        batch = self._current
        if batch is not None and batch.sends >= _MAX_SENDS:
            self._current = None
            self._fail(batch)
        self._send_next()

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Fail the batches whose time is over, and set the timer for the others."""
        self._timer = None
        now = loop.time()
        deadlines = []
        for batch in (self._current, self._pending):
            if batch is None or batch.deadline is None:
                continue
            if batch.deadline <= now:
                self._time_out(batch)
            else:
                deadlines.append(batch.deadline)
        if deadlines:
            self._timer = loop.call_at(min(deadlines), self._expire, loop)

    def _time_out(self, batch: _Batch) -> None:
        self._log_unavailable(TimeoutError())
        self._fail(batch)
        if batch is self._pending:
            self._pending = None
        elif batch is self._current:
            self._current = None
            if self._in_flight and self._connection is not None:
                # Late replies on this connection would be assigned to later commands.
                self._connection.abort()

    def _fail_all(self) -> None:
        for batch in (self._current, self._pending):
            if batch is not None:
                self._fail(batch)
        self._current = self._pending = None

    def _fail(self, batch: _Batch) -> None:
        self._metrics.failed(len(batch.futures))
        batch.resolve([NO_REPLY] * len(batch.futures))

    def _log_unavailable(self, error: Exception) -> None:
        # Once for each outage, not for each request.
        if not self._unavailable:
            log.warning("session_store_unavailable", error=type(error).__name__)
        self._unavailable = True
