"""Rows that have served their time."""

from __future__ import annotations

from datetime import timedelta

from platform_database.ledger import repository as ledger
from platform_shop.cart import repository as carts
from platform_shop.parts import Parts


async def purge(parts: Parts) -> int:
    """Delete a batch of expired answers, one of idle carts and one of old events; return how many rows that was."""
    async with parts.sessions.begin() as session:
        answers = await ledger.purge(session)
    async with parts.sessions.begin() as session:
        settings = parts.settings
        lives = (
            timedelta(seconds=settings.cart_retention_seconds),
            timedelta(seconds=settings.single_use_cart_retention_seconds),
        )
        idle = await carts.purge_idle(session, *lives)
    return answers + idle + await parts.outbox.purge()
