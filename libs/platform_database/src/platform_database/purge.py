"""Delete expired rows of the shared tables."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_database.idempotency import repository as idempotency
from platform_database.outbox.service import Outbox


async def purge_shared_tables(sessions: async_sessionmaker[AsyncSession], outbox: Outbox) -> int:
    """Delete a batch of expired idempotency records and one of old events; return how many rows that was."""
    async with sessions.begin() as session:
        expired = await idempotency.purge(session)
    return expired + await outbox.purge()
