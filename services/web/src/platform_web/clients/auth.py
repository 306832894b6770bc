"""Client for auth: accounts, log-in, sessions."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from platform_common.passkey_credentials import PresentedCredential
from platform_web.clients.http import RequestContext, ServiceClient
from platform_web.clients.member import Member, SecondFactors


class Tokens(BaseModel):
    """The tokens of a session; lifetimes in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


class LogIn(Tokens):
    """The tokens of a new session, and its member."""

    member: Member


class TotpSetup(BaseModel):
    """What an authenticator app needs."""

    secret: str
    uri: str


class RecoveryCodes(BaseModel):
    """New recovery codes."""

    recovery_codes: tuple[str, ...]


class TotpEnabled(LogIn, RecoveryCodes):
    """The tokens of the session that continues this one, and recovery codes."""


class Passkey(BaseModel):
    """One of the visitor's passkeys."""

    id: str
    name: str
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class Passkeys(BaseModel):
    """The visitor's passkeys, oldest first."""

    items: list[Passkey]


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
    """The visitor's sessions, newest first."""

    items: list[Session]


class Auth:
    """Calls auth. Methods raise ServiceUnavailable and ServiceError."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def register(
        self, visitor: RequestContext, email: str, password: str, display_name: str, locale: str, key: str
    ) -> None:
        """Create an account, at most once per `key`."""
        body = {"email": email, "password": password, "display_name": display_name, "locale": locale}
        await self._client.send("POST", "/auth/register", visitor, body, key=key)

    async def log_in(self, visitor: RequestContext, email: str, password: str) -> LogIn:
        """Create a session."""
        body = {"email": email, "password": password}
        return (await self._client.send("POST", "/auth/login", visitor, body)).parse(LogIn)

    async def complete_log_in(self, visitor: RequestContext, challenge: str, method: str, code: str) -> LogIn:
        """Create the session of a log-in that requires a second factor."""
        body = {"challenge": challenge, "method": method, "code": code}
        return (await self._client.send("POST", "/auth/login/second-factor", visitor, body)).parse(LogIn)

    async def log_in_with_passkey(self, visitor: RequestContext, credential: PresentedCredential) -> LogIn:
        """Create a session by what an authenticator has signed."""
        body = {"credential": credential.model_dump(by_alias=True)}
        return (await self._client.send("POST", "/auth/login/passkey", visitor, body)).parse(LogIn)

    async def passkeys(self, visitor: RequestContext) -> list[Passkey]:
        """Return the visitor's passkeys."""
        return (await self._client.get("/auth/mfa/passkeys", visitor)).parse(Passkeys).items

    async def rename_passkey(self, visitor: RequestContext, passkey_id: str, name: str) -> None:
        """Give one of the visitor's passkeys another name."""
        await self._client.send("PUT", f"/auth/mfa/passkeys/{passkey_id}", visitor, {"name": name})

    async def remove_passkey(self, visitor: RequestContext, passkey_id: str) -> None:
        """Remove one of the visitor's passkeys; every other session ends."""
        await self._client.send("DELETE", f"/auth/mfa/passkeys/{passkey_id}", visitor)

    async def second_factors(self, visitor: RequestContext) -> SecondFactors:
        """Return the visitor's second factors."""
        return (await self._client.get("/auth/mfa", visitor)).parse(SecondFactors)

    async def start_totp(self, visitor: RequestContext) -> TotpSetup:
        """Start to set up an authenticator app."""
        return (await self._client.send("POST", "/auth/mfa/totp", visitor)).parse(TotpSetup)

    async def confirm_totp(self, visitor: RequestContext, code: str) -> TotpEnabled:
        """Make the app a second factor. This session continues with new tokens, all others end."""
        return (await self._client.send("POST", "/auth/mfa/totp/confirm", visitor, {"code": code})).parse(TotpEnabled)

    async def disable_totp(self, visitor: RequestContext) -> None:
        """Remove the app and the recovery codes; every other session ends."""
        await self._client.send("DELETE", "/auth/mfa/totp", visitor)

    async def replace_recovery_codes(self, visitor: RequestContext) -> RecoveryCodes:
        """Return new recovery codes; the earlier ones stop working."""
        return (await self._client.send("POST", "/auth/mfa/recovery-codes", visitor)).parse(RecoveryCodes)

    async def refresh(self, visitor: RequestContext, refresh_token: str) -> Tokens:
        """Exchange a refresh token for new tokens."""
        response = await self._client.send("POST", "/auth/refresh", visitor, {"refresh_token": refresh_token})
        return response.parse(Tokens)

    async def log_out(self, visitor: RequestContext) -> None:
        """End the visitor's session."""
        await self._client.send("POST", "/auth/logout", visitor)

    async def log_out_everywhere(self, visitor: RequestContext) -> None:
        """End every session of the visitor."""
        await self._client.send("POST", "/auth/logout-all", visitor)

    async def change_password(self, visitor: RequestContext, current: str, new: str) -> Tokens:
        """Change the password. This session continues with new tokens, all others end."""
        body = {"current_password": current, "new_password": new}
        return (await self._client.send("POST", "/auth/password", visitor, body)).parse(Tokens)

    async def request_email_verification(self, visitor: RequestContext) -> None:
        """Send a link and a code to the visitor's address."""
        await self._client.send("POST", "/auth/email/verification", visitor)

    async def verify_email_by_code(self, visitor: RequestContext, code: str) -> None:
        """Verify the visitor's address by a code."""
        await self._client.send("POST", "/auth/email/verification/code", visitor, {"code": code})

    async def verify_email_by_link(self, visitor: RequestContext, token: str) -> None:
        """Verify the address that a link was sent to."""
        await self._client.send("POST", "/auth/email/verification/link", visitor, {"token": token})

    async def forgot_password(self, visitor: RequestContext, email: str) -> None:
        """Send a link to the account with this address, if there is one."""
        await self._client.send("POST", "/auth/password/forgot", visitor, {"email": email})

    async def reset_password(self, visitor: RequestContext, token: str, new_password: str) -> None:
        """Set a new password by a link; all sessions of the account end."""
        body = {"token": token, "new_password": new_password}
        await self._client.send("POST", "/auth/password/reset", visitor, body)

    async def sessions(self, visitor: RequestContext) -> list[Session]:
        """Return the visitor's sessions."""
        return (await self._client.get("/auth/sessions", visitor)).parse(Sessions).items

    async def end_session(self, visitor: RequestContext, session_id: str) -> None:
        """End one of the visitor's sessions."""
        await self._client.send("DELETE", f"/auth/sessions/{session_id}", visitor)
