"""Rows that have served their time."""

from __future__ import annotations

from datetime import timedelta

from platform_database.idempotency import repository as idempotency
from platform_shop.cart import repository as carts
from platform_shop.container import Services


async def purge(services: Services) -> int:
    """Delete a batch of expired answers, one of idle carts and one of old events; return how many rows that was."""
    async with services.sessions.begin() as session:
        answers = await idempotency.purge(session)
    async with services.sessions.begin() as session:
        settings = services.settings
        lives = (
            timedelta(seconds=settings.cart_retention_seconds),
            timedelta(seconds=settings.single_use_cart_retention_seconds),
        )
        idle = await carts.purge_idle(session, *lives)
    return answers + idle + await services.outbox.purge()
