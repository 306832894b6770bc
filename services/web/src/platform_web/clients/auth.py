"""Log-in and sessions, as pages use them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from platform_web.clients.http import OnBehalfOf, ServiceClient
from platform_web.clients.member import Member


class Tokens(BaseModel):
    """A session's pair of tokens; lifetimes are in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


class LogIn(Tokens):
    """The tokens of a new session, and whose it is."""

    member: Member


class Session(BaseModel):
    """One of the visitor's sessions."""

    id: str
    current: bool
    created_at: datetime
    renewed_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


class Sessions(BaseModel):
    """The visitor's sessions, the newest first."""

    items: list[Session]


class Auth:
    """Calls auth. Every method raises PartAway and Refused."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def register(
        self, visitor: OnBehalfOf, email: str, password: str, display_name: str, locale: str, key: str
    ) -> None:
        """Have an account made, at most once under `key`."""
        body = {"email": email, "password": password, "display_name": display_name, "locale": locale}
        await self._client.send("POST", "/auth/register", visitor, body, key=key)

    async def log_in(self, visitor: OnBehalfOf, email: str, password: str) -> LogIn:
        """Open a new session."""
        body = {"email": email, "password": password}
        return (await self._client.send("POST", "/auth/login", visitor, body)).parse(LogIn)

    async def refresh(self, visitor: OnBehalfOf, refresh_token: str) -> Tokens:
        """Exchange a refresh token for a new pair."""
        answer = await self._client.send("POST", "/auth/refresh", visitor, {"refresh_token": refresh_token})
        return answer.parse(Tokens)

    async def log_out(self, visitor: OnBehalfOf) -> None:
        """End the visitor's session."""
        await self._client.send("POST", "/auth/logout", visitor)

    async def log_out_everywhere(self, visitor: OnBehalfOf) -> None:
        """End every session of the visitor."""
        await self._client.send("POST", "/auth/logout-all", visitor)

    async def change_password(self, visitor: OnBehalfOf, current: str, new: str) -> Tokens:
        """Change the password; this session goes on under new tokens, all others end."""
        body = {"current_password": current, "new_password": new}
        return (await self._client.send("POST", "/auth/password", visitor, body)).parse(Tokens)

    async def sessions(self, visitor: OnBehalfOf) -> list[Session]:
        """Return the visitor's sessions."""
        return (await self._client.get("/auth/sessions", visitor)).parse(Sessions).items

    async def end_session(self, visitor: OnBehalfOf, session_id: str) -> None:
        """End one of the visitor's sessions."""
        await self._client.send("DELETE", f"/auth/sessions/{session_id}", visitor)
