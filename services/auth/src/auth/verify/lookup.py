"""Look-ups in the session store: all those of one turn of the event loop travel in one write.

Nothing is remembered: each request is answered from a look-up that began after the request had come.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any, Final

import structlog
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from auth.verify.link import StoreLink
from auth.verify.metrics import LookupMetrics

log = structlog.get_logger(__name__)


class StoreAway:
    """The type of `STORE_AWAY`."""


# The result of a look-up that the store did not answer in time: a value, because an exception a request costs more.
STORE_AWAY: Final = StoreAway()

# A batch that was lost with its connection is asked once more: the connection had most likely died before.
_SENDS = 2


def get_command(key: str) -> bytes:
    """Return GET of `key` (RESP: an array of bulk strings)."""
    encoded = key.encode()
    return b"*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n" % (len(encoded), encoded)


class _Batch:
    """The look-ups of one turn."""

    __slots__ = ("answers", "commands", "opened_at", "sends", "settled", "timer", "waiting")

    def __init__(self, opened_at: float) -> None:
        self.commands: list[bytes] = []
        self.waiting: list[asyncio.Future[Any]] = []
        self.answers: list[Any] = []
        self.opened_at = opened_at
        self.sends = 0
        self.settled = False
        self.timer: asyncio.TimerHandle | None = None


class SessionLookup:
    """Asks the store over one connection of `pool`. Each look-up has its result after `timeout` seconds at the most."""

    def __init__(self, pool: ConnectionPool, timeout: float, metrics: LookupMetrics | None = None) -> None:
        self._pool = pool
        self._timeout = timeout
        self._metrics = metrics or LookupMetrics()
        self._link: StoreLink | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._open: _Batch | None = None
        self._queue: deque[_Batch] = deque()
        self._away = False
        self._closed = False

    def get(self, command: bytes) -> asyncio.Future[Any]:
        """Return a future of the answer to `command`, one of `get_command`.

        It holds bytes, None when there is nothing, a hiredis.ReplyError, or STORE_AWAY when nobody can say.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        batch = self._open
        if batch is None:
            batch = self._open = _Batch(loop.time())
            batch.timer = loop.call_later(self._timeout, self._expire, batch)
            # In the next turn of the loop: every look-up of this one is in by then.
            loop.call_soon(self._depart)
        batch.commands.append(command)
        batch.waiting.append(future)
        return future

    async def close(self) -> None:
        """End the connection; whoever still waits is told that the store is away."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        if self._link is not None:
            self._link.abort()
        for batch in list(self._queue):
            self._give_up(batch)

    def _depart(self) -> None:
        batch, self._open = self._open, None
        if batch is not None:
            self._send(batch)

    def _send(self, batch: _Batch) -> None:
        if self._link is None:
            self._queue.append(batch)
            if self._connecting is None:
                self._connecting = asyncio.get_running_loop().create_task(self._connect())
            return
        batch.sends += 1
        self._link.ask(batch)

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                self._link = await StoreLink.open(self._pool, self)
        except TimeoutError as error:
            # Each batch that still waits has a time of its own; those that came late deserve another try.
            self._say_away(error)
        except (RedisError, OSError) as error:
            self._say_away(error)
            for batch in list(self._queue):
                self._give_up(batch)
        finally:
            self._connecting = None
        waiting, self._queue = self._queue, deque()
        for batch in waiting:
            self._send(batch)

    def answered(self, batch: _Batch) -> None:
        """Give the answers to those who wait for them."""
        for future, answer in zip(batch.waiting, batch.answers, strict=True):
            if not future.done():
                future.set_result(answer)
        if batch.timer is not None:
            batch.timer.cancel()
        self._away = False
        self._metrics.answered(len(batch.waiting), asyncio.get_running_loop().time() - batch.opened_at)

    def lost(self, link: StoreLink, unanswered: list[_Batch]) -> None:
        """Ask again, on a new connection, what was lost with this one."""
        if self._link is link:
            self._link = None
        for batch in unanswered:
            batch.answers.clear()
            if not batch.settled and batch.sends < _SENDS and not self._closed:
                self._send(batch)
            else:
                self._give_up(batch)

    def _expire(self, batch: _Batch) -> None:
        link = self._link
        on_its_way = link is not None and link.carries(batch)
        self._say_away(TimeoutError())
        self._give_up(batch)
        if link is not None and on_its_way:
            # A connection that owes answers is of no use any more: they would be taken for those to later questions.
            link.abort()

    def _give_up(self, batch: _Batch) -> None:
        if batch.settled:
            return
        batch.settled = True
        if batch in self._queue:
            self._queue.remove(batch)
        if batch is self._open:
            self._open = None
        if batch.timer is not None:
            batch.timer.cancel()
        self._metrics.failed(len(batch.waiting))
        for future in batch.waiting:
            if not future.done():
                future.set_result(STORE_AWAY)

    def _say_away(self, error: Exception) -> None:
        # Once for each time that it goes away, not once a request.
        if not self._away:
            log.warning("session_store_away", error=type(error).__name__)
        self._away = True
