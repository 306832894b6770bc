"""Rows that have served their time."""

from __future__ import annotations

from platform_database.ledger import repository as ledger
from platform_member.parts import Parts


async def purge(parts: Parts) -> int:
    """Delete a batch of expired answers and one of old events; return how many rows that was."""
    async with parts.sessions.begin() as session:
        answers = await ledger.purge(session)
    return answers + await parts.outbox.purge()
