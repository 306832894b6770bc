"""Password hashes: argon2id by passlib, in a bounded pool of threads."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from passlib.context import CryptContext
from passlib.hash import argon2
from prometheus_client import Counter, Gauge

from platform_common.problems import Overloaded
from platform_member.config import CredentialSettings
from platform_member.credentials.fair_queue import FairQueue, QueueFull

T = TypeVar("T")

_SALT_BYTES = 16
# How much less urgent than the event loop a hash is, and the lowest priority that there is.
_NICENESS, _MAX_NICENESS = 10, 19

_waiting = Gauge("password_hash_queue_depth", "Password hashes being computed or waiting for it.")
_shed = Counter("password_hash_rejected_total", "Requests refused because too many password hashes were waiting.")


class HashingOverloaded(Overloaded):
    """More log-ins and registrations wait than the machine can hash in good time."""

    code = "hashing-overloaded"

    def __init__(self) -> None:
        _shed.inc()
        super().__init__("Too many log-ins and registrations at once. Try again in a moment.")


class PasswordHasher:
    """Hashes and verifies. argon2 leaves the interpreter's lock, so threads use all cores.

    Each call takes a place in a bounded queue that is fair between `keys`, the account and the client of a request,
    and raises HashingOverloaded when there is none.
    """

    def __init__(self, settings: CredentialSettings) -> None:
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=settings.argon2_memory_kib,
            argon2__time_cost=settings.argon2_time_cost,
            argon2__parallelism=settings.argon2_parallelism,
        )
        self._executor = ThreadPoolExecutor(
            settings.password_hash_workers, thread_name_prefix="argon2", initializer=_lower_priority
        )
        self._queue = FairQueue(settings.password_hash_workers, settings.password_hash_queue_size)
        # Nobody's password: checked in the place of an account that does not exist, so that both take the same time.
        self._dummy_hash = self._context.hash(secrets.token_urlsafe(32))

    def check_room(self, keys: Collection[str]) -> None:
        """Raise HashingOverloaded if there is no place for a request with these keys, before any work for it."""
        try:
            self._queue.check(keys)
        except QueueFull:
            raise HashingOverloaded from None

    async def hash(self, password: str, keys: Collection[str] = ()) -> str:
        """Return the hash of `password`, parameters and salt included."""
        return await self._run(partial(self._context.hash, password), keys)

    async def verify(
        self, password: str, password_hash: str | None, keys: Collection[str] = ()
    ) -> tuple[bool, str | None]:
        """Say whether `password` is the one behind `password_hash`, and its new hash where parameters have risen.

        Without a hash the response is no, after the same work.
        """
        known = password_hash is not None
        stored = password_hash if password_hash is not None else self._dummy_hash
        fits, replacement = await self._run(partial(self._context.verify_and_update, password, stored), keys)
        return (fits and known), (replacement if fits and known else None)

    async def hash_all(self, texts: Sequence[str], keys: Collection[str] = ()) -> list[str]:
        """Return the hashes of several texts with one new salt for all, so that `hash_like` finds the one that fits."""
        handler = self._context.handler().using(salt=secrets.token_bytes(_SALT_BYTES))
        return await self._run(lambda: [handler.hash(text) for text in texts], keys)

    async def hash_like(self, stored: str, text: str, keys: Collection[str] = ()) -> str:
        """Return the hash of `text` with salt and parameters of `stored`."""
        parsed = argon2.from_string(stored)
        handler = argon2.using(
            type="ID",
            salt=parsed.salt,
            memory_cost=parsed.memory_cost,
            time_cost=parsed.rounds,
            parallelism=parsed.parallelism,
        )
        return await self._run(partial(handler.hash, text), keys)

    def close(self) -> None:
        """Stop the threads; waiting requests are dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T], keys: Collection[str]) -> T:
        with _waiting.track_inprogress():
            try:
                release = await self._queue.acquire(keys)
            except QueueFull:
                raise HashingOverloaded from None
            future = self._executor.submit(work)
            # The slot is free when the work has ended, not when its caller has given up.
            future.add_done_callback(partial(_call_in_loop, asyncio.get_running_loop(), release))
            return await asyncio.wrap_future(future)


def fair_keys(account: str, client: str) -> tuple[str, ...]:
    """Return the keys by which the queue is fair, without unknown ones."""
    return tuple(f"{kind}:{value}" for kind, value in (("account", account), ("client", client)) if value)


def _call_in_loop(loop: asyncio.AbstractEventLoop, callback: Callable[[], None], _future: Future[T]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback)


def _lower_priority() -> None:
    # Linux gives each thread a priority of its own: the event loop stays responsive while every core computes hashes.
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS, _MAX_NICENESS))
