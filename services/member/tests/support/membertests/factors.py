"""A member's second factors by the internal API, as auth uses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp

from platform_member.factors.totp import STEP_SECONDS
from platform_testing.tokens import Clock

KEEP = "s-kept"


class Factors:
    """One member's factors; `clock` is that of its app."""

    def __init__(self, client: Any, member: Any, service: Callable[[str], dict[str, str]], clock: Clock) -> None:
        self.client = client
        self.member = member
        self.service = service
        self.caller = "auth"
        self.clock = clock
        self.path = f"/internal/members/{member.id}/factors"
        self.secret = ""
        self.recovery_codes: list[str] = []

    @property
    def headers(self) -> dict[str, str]:
        """The caller's token, which lasts a minute."""
        return self.service(self.caller)

    def code(self, steps: int = 0) -> str:
        """The app's code, or one that is `steps` time steps away."""
        return pyotp.TOTP(self.secret).at(int(self.clock()) + steps * STEP_SECONDS)

    async def start(self) -> Any:
        response = await self.client.post(f"{self.path}/totp", headers=self.headers)
        if response.status_code == 201:
            self.secret = response.json()["secret"]
        return response

    async def confirm(self, code: str | None = None) -> Any:
        body = {"code": code or self.code(), "keep_session": KEEP}
        response = await self.client.post(f"{self.path}/totp/confirm", json=body, headers=self.headers)
        if response.status_code == 200:
            self.recovery_codes = response.json()["recovery_codes"]
        return response

    async def enable(self) -> None:
        assert (await self.start()).status_code == 201
        assert (await self.confirm()).status_code == 200
        self.clock.advance(STEP_SECONDS)

    async def verify(self, code: str | None = None, method: str = "totp", epoch: int = 2) -> Any:
        body = {"session_epoch": epoch, "method": method, "code": code or self.code()}
        return await self.client.post(f"{self.path}/verify", json=body, headers=self.headers)

    async def remove(self) -> Any:
        return await self.client.delete(f"{self.path}/totp", params={"keep_session": KEEP}, headers=self.headers)

    async def new_codes(self) -> Any:
        return await self.client.post(f"{self.path}/recovery-codes", headers=self.headers)

    async def read(self) -> Any:
        return (await self.client.get(self.path, headers=self.headers)).json()

    async def methods(self) -> list[str]:
        presented = {"email": self.member.email, "password": self.member.password}
        response = await self.client.post("/internal/credentials/verify", json=presented, headers=self.headers)
        found: list[str] = response.json()["second_factors"]
        return found
