"""Delete expired rows."""

from __future__ import annotations

from datetime import timedelta

from platform_database.purge import purge_shared_tables
from platform_shop.cart import repository as carts
from platform_shop.container import Services


async def purge(services: Services) -> int:
    """Delete a batch of expired rows of each kind, idle carts among them; return how many rows that was."""
    settings = services.settings
    retention = timedelta(seconds=settings.cart_retention_seconds)
    single_use_retention = timedelta(seconds=settings.single_use_cart_retention_seconds)
    async with services.sessions.begin() as session:
        idle = await carts.purge_idle(session, retention, single_use_retention)
    return idle + await purge_shared_tables(services.sessions, services.outbox)
