"""Run an operation once per key: claim the key, run, record the response; or replay the recorded response."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from platform_common.problems import Problem
from platform_database.errors import LOCK_NOT_AVAILABLE, sqlstate_of
from platform_database.idempotency import repository
from platform_database.idempotency.models import IdempotencyRecord
from platform_database.idempotency.stored_response import StoredResponse

Operation = Callable[[], Awaitable[StoredResponse]]

# How long a response may stay provisional: longer than a call to another service takes.
SETTLE_WITHIN = timedelta(seconds=10)
# How long a repeat waits for a provisional response, and how often it polls (seconds).
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
    """The first request under this key has no response yet."""

    code = "idempotency-in-flight"
    status = 409

    def __init__(self) -> None:
        super().__init__("The first request with this key is still in progress.", headers={"Retry-After": "1"})


@dataclass(frozen=True)
class IdempotentRequest:
    """A request with a key: `scope` separates callers, `fingerprint` distinguishes requests."""

    scope: str
    key: str
    fingerprint: str


class IdempotencyStore:
    """Keeps responses for `retention`, so that a repeated request does not run its operation again."""

    def __init__(self, retention: timedelta) -> None:
        self._retention = retention

    async def run_once(
        self, session: AsyncSession, request: IdempotentRequest | None, operation: Operation
    ) -> StoredResponse:
        """Run `operation` unless `request` has a recorded response; without a request, just run it.

        Operation and record share the session's transaction, which the caller commits: both are committed, or neither.
        An operation that raises records nothing. Raises IdempotencyKeyReused, IdempotencyInFlight.
        """
        if request is None:
            return await operation()
        try:
            claimed = await repository.claim(session, request.scope, request.key, request.fingerprint, self._retention)
        except DBAPIError as error:
            if sqlstate_of(error) == LOCK_NOT_AVAILABLE:
                raise IdempotencyInFlight from None
            raise
        if not claimed:
            return await self._replay(session, request)
        response = await operation()
        await repository.record(session, request.scope, request.key, response, SETTLE_WITHIN)
        return response

    async def finalize(
        self, session: AsyncSession, request: IdempotentRequest | None, response: StoredResponse, *, confirmed: bool
    ) -> StoredResponse:
        """Replace the provisional response by `response`; a response that is already final stays."""
        assert response.final_status is not None  # noqa: S101 (called with provisional responses only)
        status = response.final_status if confirmed else response.status
        if request is not None and not await repository.finalize(session, request.scope, request.key, status):
            status = response.status
        return replace(response, status=status, final_status=None, pending_events=())

    async def forget(self, session: AsyncSession, scope: str) -> None:
        """Delete the records of `scope`, whose owner was deleted."""
        await repository.forget(session, scope)

    async def _replay(self, session: AsyncSession, request: IdempotentRequest) -> StoredResponse:
        found = await repository.find(session, request.scope, request.key)
        if found is None:
            # Purged between the two statements: treat it as in flight, the next attempt claims the key.
            raise IdempotencyInFlight
        if found.fingerprint != request.fingerprint:
            raise IdempotencyKeyReused
        if found.settles_at is not None:
            found = await self._wait_until_final(session, request)
        assert found.status is not None  # noqa: S101 (a committed row has its response: both are written in one transaction)
        log.info("idempotent_replay")
        return StoredResponse(status=found.status, headers=found.headers or {}, body=found.body or b"", replayed=True)

    async def _wait_until_final(self, session: AsyncSession, request: IdempotentRequest) -> IdempotencyRecord:
        for _ in range(round(SETTLE_WAIT / SETTLE_POLL)):
            if await repository.expire_provisional(session, request.scope, request.key):
                found = await repository.find(session, request.scope, request.key)
                if found is not None:
                    return found
            # No transaction stays open between two polls.
            await session.commit()
            await asyncio.sleep(SETTLE_POLL)
        raise IdempotencyInFlight
