"""Once per key: claim it, have the effect, record the answer; or answer what was recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from platform_common.problems import Problem
from platform_database.failures import LOCK_NOT_AVAILABLE, sqlstate_of
from platform_database.ledger import repository
from platform_database.ledger.answers import Answer
from platform_database.ledger.models import IdempotencyRecord

Effect = Callable[[], Awaitable[Answer]]

# How long an answer may stay provisional: longer than a call to another service takes.
SETTLE_WITHIN = timedelta(seconds=10)
# How long a repeat waits for a provisional answer, and how often it looks (seconds).
SETTLE_WAIT = 2.0
SETTLE_POLL = 0.05

log = structlog.get_logger(__name__)


class IdempotencyKeyReused(Problem):
    """The key was used for another request."""

    code = "idempotency-key-reused"
    status = 422

    def __init__(self) -> None:
        super().__init__("This idempotency key was used for another request.")


class IdempotencyInFlight(Problem):
    """The first request under this key has no answer yet."""

    code = "idempotency-in-flight"
    status = 409

    def __init__(self) -> None:
        super().__init__("The first request with this key is still being worked on.", headers={"Retry-After": "1"})


@dataclass(frozen=True)
class KeyedRequest:
    """A request under a key: `scope` keeps callers apart, `fingerprint` tells requests apart."""

    scope: str
    key: str
    fingerprint: str


class Ledger:
    """Keeps answers for `retention`, so that a repeat has no second effect."""

    def __init__(self, retention: timedelta) -> None:
        self._retention = retention

    async def once(self, session: AsyncSession, request: KeyedRequest | None, effect: Effect) -> Answer:
        """Run `effect` unless `request` has an answer already; without a request, just run it.

        Effect and record share the session's transaction, which the caller commits: both hold or neither does.
        An effect that raises records nothing. Raises IdempotencyKeyReused, IdempotencyInFlight.
        """
        if request is None:
            return await effect()
        try:
            claimed = await repository.claim(session, request.scope, request.key, request.fingerprint, self._retention)
        except DBAPIError as error:
            if sqlstate_of(error) == LOCK_NOT_AVAILABLE:
                raise IdempotencyInFlight from None
            raise
        if not claimed:
            return await self._replay(session, request)
        answer = await effect()
        await repository.record(session, request.scope, request.key, answer, SETTLE_WITHIN)
        return answer

    async def settle(
        self, session: AsyncSession, request: KeyedRequest | None, answer: Answer, *, confirmed: bool
    ) -> Answer:
        """Make a provisional `answer` final, and record it so; one that settles too late stays as it was recorded."""
        assert answer.final_status is not None  # noqa: S101 (only provisional answers come here)
        status = answer.final_status if confirmed else answer.status
        if request is not None and not await repository.settle(session, request.scope, request.key, status):
            status = answer.status
        return replace(answer, status=status, final_status=None, awaits=())

    async def forget(self, session: AsyncSession, scope: str) -> None:
        """Delete what is recorded under `scope`, whose owner is gone."""
        await repository.forget(session, scope)

    async def _replay(self, session: AsyncSession, request: KeyedRequest) -> Answer:
        found = await repository.find(session, request.scope, request.key)
        if found is None:
            # Purged between two statements: as good as in flight, the next attempt claims it.
            raise IdempotencyInFlight
        if found.fingerprint != request.fingerprint:
            raise IdempotencyKeyReused
        if found.settles_at is not None:
            found = await self._settled(session, request)
        assert found.status is not None  # noqa: S101 (a committed row has its answer: both come in one transaction)
        log.info("idempotent_replay")
        return Answer(status=found.status, headers=found.headers or {}, body=found.body or b"", replayed=True)

    async def _settled(self, session: AsyncSession, request: KeyedRequest) -> IdempotencyRecord:
        for _ in range(round(SETTLE_WAIT / SETTLE_POLL)):
            if await repository.lapse(session, request.scope, request.key):
                found = await repository.find(session, request.scope, request.key)
                if found is not None:
                    return found
            # No transaction stays open between two looks.
            await session.commit()
            await asyncio.sleep(SETTLE_POLL)
        raise IdempotencyInFlight
