"""Password hashes: argon2id by passlib, in a bounded pool of threads."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from passlib.context import CryptContext
from prometheus_client import Counter, Gauge

from member.config import CredentialSettings
from platform_common.problems import Overloaded

T = TypeVar("T")

_waiting = Gauge("password_hashes_in_progress", "Password hashes being computed or waiting for it.")
_shed = Counter("password_hashes_shed_total", "Requests refused because too many password hashes were waiting.")


class HashingOverloaded(Overloaded):
    """More log-ins and registrations wait than the machine can hash in good time."""

    code = "hashing-overloaded"


class PasswordHasher:
    """Hashes and verifies. argon2 leaves the interpreter's lock, so threads use all cores.

    Each call takes a place in a bounded queue, and raises HashingOverloaded when there is none.
    """

    def __init__(self, settings: CredentialSettings) -> None:
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=settings.argon2_memory_kib,
            argon2__time_cost=settings.argon2_time_cost,
            argon2__parallelism=settings.argon2_parallelism,
        )
        self._executor = ThreadPoolExecutor(settings.hash_workers, thread_name_prefix="argon2")
        self._places = settings.hash_workers + settings.hash_queue
        # Nobody's password: checked in the place of an account that does not exist, so that both take the same time.
        self._dummy_hash = self._context.hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        """Return the hash of `password`, parameters and salt included."""
        return await self._run(partial(self._context.hash, password))

    async def verify(self, password: str, password_hash: str | None) -> tuple[bool, str | None]:
        """Say whether `password` is the one behind `password_hash`, and its new hash where parameters have risen.

        Without a hash the answer is no, after the same work.
        """
        known = password_hash is not None
        stored = password_hash if password_hash is not None else self._dummy_hash
        fits, replacement = await self._run(partial(self._context.verify_and_update, password, stored))
        return (fits and known), (replacement if fits and known else None)

    def close(self) -> None:
        """Let the threads end; what waits is dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._places <= 0:
            _shed.inc()
            raise HashingOverloaded("Too many log-ins and registrations at once.")
        self._places -= 1
        _waiting.inc()
        future = self._executor.submit(work)
        # The place is free when the work has ended, not when its caller has given up.
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave) if not loop.is_closed() else None)
        return await asyncio.wrap_future(future)

    def _leave(self) -> None:
        self._places += 1
        _waiting.dec()
