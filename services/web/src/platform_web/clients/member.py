"""Accounts, as pages use them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from platform_web.clients.http import OnBehalfOf, ServiceClient


class Member(BaseModel):
    """A member."""

    id: str
    email: str
    display_name: str
    locale: str
    roles: tuple[str, ...]
    status: str
    version: int
    created_at: datetime
    updated_at: datetime


class MemberPage(BaseModel):
    """One page of members, newest first."""

    items: list[Member]
    next: str | None


class Members:
    """Calls member. Every method raises PartAway and Refused."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def me(self, visitor: OnBehalfOf) -> Member:
        """Return the visitor's own account."""
        return (await self._client.get("/api/members/me", visitor)).parse(Member)

    async def change(self, visitor: OnBehalfOf, fields: dict[str, Any], version: int, key: str) -> Member:
        """Change some fields of the visitor's own account, as it was read in `version`."""
        headers = {"If-Match": f'"{version}"', "Content-Type": "application/merge-patch+json"}
        answer = await self._client.send("PATCH", "/api/members/me", visitor, fields, key=key, headers=headers)
        return answer.parse(Member)

    async def delete(self, visitor: OnBehalfOf) -> None:
        """Delete the visitor's own account for good."""
        await self._client.send("DELETE", "/api/members/me", visitor)

    async def page(self, visitor: OnBehalfOf, q: str, cursor: str, limit: int) -> MemberPage:
        """Return members, for an administrator."""
        query = {"limit": str(limit)} | ({"q": q} if q else {}) | ({"cursor": cursor} if cursor else {})
        return (await self._client.get("/api/admin/members", visitor, query)).parse(MemberPage)

    async def read(self, visitor: OnBehalfOf, member_id: str) -> Member:
        """Return one member, for an administrator."""
        return (await self._client.get(f"/api/admin/members/{member_id}", visitor)).parse(Member)

    async def suspend(self, visitor: OnBehalfOf, member_id: str, key: str) -> None:
        """Suspend a member; every session of it ends."""
        await self._client.send("POST", f"/api/admin/members/{member_id}/suspend", visitor, key=key)

    async def reinstate(self, visitor: OnBehalfOf, member_id: str, key: str) -> None:
        """Let a suspended member log in again."""
        await self._client.send("POST", f"/api/admin/members/{member_id}/reinstate", visitor, key=key)
