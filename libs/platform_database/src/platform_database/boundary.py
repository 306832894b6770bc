"""The request's boundary: one session, one commit; what must reach others is delivered between commit and answer."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from platform_database.ledger.answers import Answer
from platform_database.ledger.service import Effect, KeyedRequest, Ledger
from platform_database.outbox.service import Outbox

log = structlog.get_logger(__name__)


class Writes:
    """Runs the effect of one request, once per idempotency key."""

    def __init__(
        self, session: AsyncSession, ledger: Ledger, outbox: Outbox, request: KeyedRequest | None = None
    ) -> None:
        self._session = session
        self._ledger = ledger
        self._outbox = outbox
        self._request = request

    async def run(self, effect: Effect) -> Response:
        """Commit `effect` and its record, deliver its events, and return the answer.

        When an event is not taken, the change holds all the same: the answer is 202 and the outbox goes on trying.
        """
        answer = await self._ledger.once(self._session, self._request, effect)
        await self._session.commit()
        self._outbox.committed(self._session)
        if answer.final_status is not None:
            answer = await self._complete(answer)
        return answer.response()

    async def _complete(self, answer: Answer) -> Answer:
        delivered = await self._outbox.deliver_now(answer.awaits)
        try:
            if delivered:
                await self._outbox.confirm(self._session, answer.awaits)
            final = await self._ledger.settle(self._session, self._request, answer, confirmed=delivered)
            await self._session.commit()
        except SQLAlchemyError as error:
            # What was promised still holds; what is recorded and answered stays the same.
            log.warning("completion_not_recorded", error=type(error).__name__)
            return answer
        return final
