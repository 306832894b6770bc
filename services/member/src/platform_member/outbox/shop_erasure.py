"""The consumer shop: it forgets a deleted member."""

from __future__ import annotations

import httpx2

from platform_database.outbox.events import DeliveryFailed, Event


class ShopErasure:
    """Deletes the member's cart and removes its name from its orders."""

    name = "shop"

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def deliver(self, event: Event) -> None:
        """Erase the member. Raises DeliveryFailed unless shop confirms it."""
        try:
            response = await self._client.post(f"/internal/members/{event.payload['member_id']}/erasure")
        except httpx2.HTTPError as error:
            raise DeliveryFailed(f"shop could not be reached: {type(error).__name__}") from error
        if response.status_code != 204:
            raise DeliveryFailed(f"shop returned {response.status_code}")
