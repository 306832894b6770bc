"""Rows that have served their time."""

from __future__ import annotations

from platform_database.idempotency import repository as idempotency
from platform_member.container import Services


async def purge(services: Services) -> int:
    """Delete a batch of expired answers and one of old events; return how many rows that was."""
    async with services.sessions.begin() as session:
        answers = await idempotency.purge(session)
    return answers + await services.outbox.purge()
