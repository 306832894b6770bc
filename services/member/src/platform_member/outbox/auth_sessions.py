"""The consumer auth: it ends a member's sessions."""

from __future__ import annotations

import httpx2

from platform_database.outbox.events import DeliveryFailed, Event


class AuthSessions:
    """Ends the sessions of a member except the kept one, and makes auth reject log-ins under an older epoch."""

    name = "auth"

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def deliver(self, event: Event) -> None:
        """End the sessions. Raises DeliveryFailed unless auth confirms it."""
        kept = {"except": event.payload["keep_session"]} if "keep_session" in event.payload else {}
        try:
            response = await self._client.delete(
                f"/internal/members/{event.payload['member_id']}/sessions",
                params={"epoch": event.payload["session_epoch"], **kept},
            )
        except httpx2.HTTPError as error:
            raise DeliveryFailed(f"auth could not be reached: {type(error).__name__}") from error
        if response.status_code != 204:
            raise DeliveryFailed(f"auth returned {response.status_code}")
