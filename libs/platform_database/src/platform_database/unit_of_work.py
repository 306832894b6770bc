"""The unit of work of a request: one session, one commit; events are delivered between commit and response."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from platform_database.idempotency.store import IdempotencyStore, IdempotentRequest, Operation
from platform_database.idempotency.stored_response import StoredResponse
from platform_database.outbox.service import Outbox

log = structlog.get_logger(__name__)


class UnitOfWork:
    """Runs the operation of one request, once per idempotency key."""

    def __init__(
        self,
        session: AsyncSession,
        idempotency: IdempotencyStore,
        outbox: Outbox,
        request: IdempotentRequest | None = None,
    ) -> None:
        self._session = session
        self._idempotency = idempotency
        self._outbox = outbox
        self._request = request

    async def execute(self, operation: Operation) -> Response:
        """Commit `operation` and its record, deliver its events, and return the response.

        When a consumer does not accept an event, the change stays: the response is 202 and the outbox keeps retrying.
        """
        response = await self._idempotency.run_once(self._session, self._request, operation)
        await self._session.commit()
        self._outbox.after_commit(self._session)
        if response.final_status is not None:
            response = await self._complete(response)
        return response.to_response()

    async def _complete(self, response: StoredResponse) -> StoredResponse:
        delivered = await self._outbox.deliver_now(response.pending_events)
        try:
            if delivered:
                await self._outbox.confirm(self._session, response.pending_events)
            final = await self._idempotency.finalize(self._session, self._request, response, confirmed=delivered)
            await self._session.commit()
        except SQLAlchemyError as error:
            # The change is committed; the recorded and the returned response stay the provisional one.
            log.warning("completion_not_recorded", error=type(error).__name__)
            return response
        return final
