"""Look-ups in the session store: those of one turn of the event loop, and those that come while one is on its way,
travel together in one write. Nothing is remembered: each request is answered from a look-up that began after it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from redis.asyncio import Connection, ConnectionPool
from redis.exceptions import RedisError

from auth.verify.metrics import LookupMetrics

log = structlog.get_logger(__name__)


class StoreAway:
    """The type of `STORE_AWAY`."""


# The result of a look-up that the store did not answer in time: a value, because an exception a request costs more.
STORE_AWAY: Final = StoreAway()

Answer = bytes | StoreAway | None


class SessionLookup:
    """Reads keys through one connection of `pool`; each look-up is answered within about `timeout` seconds."""

    def __init__(self, pool: ConnectionPool, timeout: float, metrics: LookupMetrics | None = None) -> None:
        self._pool = pool
        self._timeout = timeout
        self._metrics = metrics or LookupMetrics()
        self._connection: Connection | None = None
        self._keys: list[bytes] = []
        self._waiting: list[asyncio.Future[Answer]] = []
        self._opened_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._away = False

    def get(self, key: bytes) -> asyncio.Future[Answer]:
        """Return a future of the value at `key`: None when there is none, STORE_AWAY when nobody can say."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        if not self._waiting:
            self._opened_at = loop.time()
            if self._task is None:
                # It runs in the next turn of the loop: every look-up of this one is in by then.
                self._task = loop.create_task(self._drain())
        self._keys.append(key)
        self._waiting.append(future)
        return future

    async def close(self) -> None:
        """End the look-ups and the connection."""
        if self._task is not None:
            self._task.cancel()
        await self._drop()

    async def _drain(self) -> None:
        try:
            while self._waiting:
                keys, self._keys = self._keys, []
                waiting, self._waiting = self._waiting, []
                answers = await self._answers(keys, self._opened_at)
                for future, answer in zip(waiting, answers, strict=True):
                    if not future.done():
                        future.set_result(answer)
        finally:
            self._task = None

    async def _answers(self, keys: Sequence[bytes], opened_at: float) -> Sequence[Answer]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(opened_at + self._timeout):
                answers = await self._fetch(keys)
        except (TimeoutError, OSError, RedisError, ValueError) as error:
            # What comes over this connection later may be the answer to an earlier question.
            await self._drop()
            self._say_away(error)
            self._metrics.failed(len(keys))
            return [STORE_AWAY] * len(keys)
        except BaseException:
            await self._drop()
            raise
        self._away = False
        self._metrics.answered(len(keys), loop.time() - opened_at)
        return answers

    async def _fetch(self, keys: Sequence[bytes]) -> Sequence[Answer]:
        kept = self._connection
        if kept is not None:
            try:
                return await self._ask(kept, keys)
            except (RedisError, OSError):
                # Most likely the store was restarted: a connection cut before is no reason to refuse anybody.
                await self._drop()
        return await self._ask(await self._connect(), keys)

    async def _ask(self, connection: Connection, keys: Sequence[bytes]) -> Sequence[Answer]:
        await connection.send_packed_command(_mget(keys), check_health=False)
        answers = await connection.read_response(disable_decoding=True)
        if not isinstance(answers, list) or len(answers) != len(keys):
            raise ValueError("not an answer to the question")
        return answers

    async def _connect(self) -> Connection:
        connection: Connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        self._connection = connection
        await connection.connect()  # type: ignore[no-untyped-call]
        return connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    def _say_away(self, error: Exception) -> None:
        # Once for each time that it goes away, not once a request.
        if not self._away:
            log.warning("session_store_away", error=type(error).__name__)
        self._away = True


def _mget(keys: Sequence[bytes]) -> bytes:
    """Return the command MGET for `keys` (RESP, arrays of bulk strings)."""
    parts = [b"*%d\r\n$4\r\nMGET" % (len(keys) + 1)]
    for key in keys:
        parts.append(b"$%d" % len(key))
        parts.append(key)
    return b"\r\n".join([parts[0], *parts[1:], b""])
