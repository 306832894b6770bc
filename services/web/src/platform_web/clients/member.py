"""Client for member: accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from platform_web.clients.http import RequestContext, ServiceClient


class Member(BaseModel):
    """A member."""

    id: str
    email: str
    email_verified: bool = False
    display_name: str
    locale: str
    roles: tuple[str, ...]
    status: str
    version: int
    created_at: datetime
    updated_at: datetime


class SecondFactors(BaseModel):
    """A member's second factors and the number of its passkeys."""

    class Totp(BaseModel):
        """An authenticator app."""

        enabled_at: datetime

    totp: Totp | None
    recovery_codes_left: int
    passkeys: int = 0


class MemberPage(BaseModel):
    """One page of members, newest first."""

    items: list[Member]
    next: str | None


class Members:
    """Calls member. Methods raise ServiceUnavailable and ServiceError."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def me(self, visitor: RequestContext) -> Member:
        """Return the visitor's own account."""
        return (await self._client.get("/api/members/me", visitor)).parse(Member)

    async def change(self, visitor: RequestContext, fields: dict[str, Any], version: int, key: str) -> Member:
        """Change fields of the visitor's own account if its version is still `version`."""
        headers = {"If-Match": f'"{version}"', "Content-Type": "application/merge-patch+json"}
        response = await self._client.send("PATCH", "/api/members/me", visitor, fields, key=key, headers=headers)
        return response.parse(Member)

    async def delete(self, visitor: RequestContext) -> None:
        """Delete the visitor's own account."""
        await self._client.send("DELETE", "/api/members/me", visitor)

    async def list(self, visitor: RequestContext, q: str, cursor: str, limit: int) -> MemberPage:
        """Return a page of members, for an administrator."""
        query = {"limit": str(limit)} | ({"q": q} if q else {}) | ({"cursor": cursor} if cursor else {})
        return (await self._client.get("/api/admin/members", visitor, query)).parse(MemberPage)

    async def read(self, visitor: RequestContext, member_id: str) -> Member:
        """Return one member, for an administrator."""
        return (await self._client.get(f"/api/admin/members/{member_id}", visitor)).parse(Member)

    async def second_factors(self, visitor: RequestContext, member_id: str) -> SecondFactors:
        """Return a member's second factors, for an administrator."""
        return (await self._client.get(f"/api/admin/members/{member_id}/factors", visitor)).parse(SecondFactors)

    async def reset_factors(self, visitor: RequestContext, member_id: str, reason: str, key: str) -> None:
        """Remove a member's second factors and end their sessions."""
        path = f"/api/admin/members/{member_id}/reset-factors"
        await self._client.send("POST", path, visitor, {"reason": reason}, key=key)

    async def suspend(self, visitor: RequestContext, member_id: str, key: str) -> None:
        """Suspend a member and end their sessions."""
        await self._client.send("POST", f"/api/admin/members/{member_id}/suspend", visitor, key=key)

    async def reinstate(self, visitor: RequestContext, member_id: str, key: str) -> None:
        """Allow a suspended member to log in again."""
        await self._client.send("POST", f"/api/admin/members/{member_id}/reinstate", visitor, key=key)
