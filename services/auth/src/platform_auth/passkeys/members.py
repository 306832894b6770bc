"""Member's internal API of passkeys, as auth uses it."""

from __future__ import annotations

from typing import Any

import httpx2

from platform_auth.members import MemberResponse, Members, VerifiedMember, read_verified
from platform_common.passkey_credentials import NewCredential, PresentedCredential
from platform_common.problem_documents import problem_code


class PasskeyRejected(Exception):
    """The passkey proves no active member."""


class MemberPasskeys:
    """Calls member. Every method raises MemberUnavailable; ChangeRejected carries what member says is wrong."""

    def __init__(self, members: Members) -> None:
        self._members = members

    async def log_in_options(self, challenge: str) -> MemberResponse:
        """Return what a browser needs to log in. Raises ChangeRejected."""
        return await self._call("POST", "/internal/passkeys/options", {"challenge": challenge})

    async def verify(self, credential: PresentedCredential, challenge: str) -> tuple[VerifiedMember, bool]:
        """Return the passkey's member, and whether its key is bound to one device. Raises PasskeyRejected."""
        body = {"challenge": challenge, "credential": credential.model_dump(by_alias=True)}
        response = await self._members.call("POST", "/internal/passkeys/verify", json=body)
        if response.status_code == 422 and problem_code(response.content) == "passkey-invalid":
            raise PasskeyRejected
        self._members.passed_on_or_raised(response)
        return read_verified(response), _is_device_bound(response)

    async def overview(self, member: str) -> MemberResponse:
        """Return the member's passkeys."""
        return await self._call("GET", _passkeys(member))

    async def registration_options(self, member: str, challenge: str) -> MemberResponse:
        """Return what a browser needs to make a passkey. Raises ChangeRejected."""
        return await self._call("POST", f"/internal/members/{member}/passkey-options", {"challenge": challenge})

    async def add(self, member: str, name: str, credential: NewCredential, challenge: str) -> MemberResponse:
        """Have a passkey added. Raises ChangeRejected."""
        body = {"challenge": challenge, "name": name, "credential": credential.model_dump(by_alias=True)}
        return await self._call("POST", _passkeys(member), body)

    async def rename(self, member: str, passkey: str, name: str) -> MemberResponse:
        """Have a passkey renamed. Raises ChangeRejected."""
        return await self._call("PUT", f"{_passkeys(member)}/{passkey}", {"name": name})

    async def remove(self, member: str, passkey: str, keep_session: str) -> VerifiedMember:
        """Have a passkey removed. Member ends all sessions but one. Raises ChangeRejected."""
        path = f"{_passkeys(member)}/{passkey}"
        response = await self._members.call("DELETE", path, params={"keep_session": keep_session})
        self._members.passed_on_or_raised(response)
        return read_verified(response)

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> MemberResponse:
        more = {} if body is None else {"json": body}
        return self._members.passed_on_or_raised(await self._members.call(method, path, **more))


def _passkeys(member: str) -> str:
    return f"/internal/members/{member}/passkeys"


def _is_device_bound(response: httpx2.Response) -> bool:
    return response.json().get("device_bound") is True
