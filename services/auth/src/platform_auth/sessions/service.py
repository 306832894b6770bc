"""Opening, renewing and ending sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog
import uuid_utils
from limits import RateLimitItem

from platform_auth.keys.access_tokens import AccessTokens
from platform_auth.rate_limiting import RateLimiter
from platform_auth.sessions.errors import (
    LoginSuperseded,
    RefreshRejected,
    RefreshTokenReused,
    RefreshTokenUnknown,
    SessionNotFound,
    SessionRevoked,
)
from platform_auth.sessions.record import Session
from platform_auth.sessions.refresh_tokens import RefreshTokens, new_salt, parse_session_id, token_hash
from platform_auth.sessions.repository import SessionRepository, StoredSession

USER_AGENT_LENGTH = 200

_COUNTER = "refresh-session"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SessionLimits:
    """How long things last (seconds), and how often a session may be renewed."""

    access_token: int
    idle: int
    absolute: int
    grace: int
    refreshes: RateLimitItem


@dataclass(frozen=True)
class TokenPair:
    """The tokens of a session for the client; lifetimes are in seconds from now."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


@dataclass(frozen=True)
class Device:
    """The client of a session: its address and its user agent."""

    address: str
    user_agent: str


def new_session_id() -> str:
    """Return an id that no session has."""
    return str(uuid_utils.uuid7())


class SessionService:
    """Sessions by the platform's rules."""

    def __init__(
        self,
        repository: SessionRepository,
        rate_limiter: RateLimiter,
        tokens: AccessTokens,
        refresh_tokens: RefreshTokens,
        limits: SessionLimits,
        now: Callable[[], float],
        keys_revoked_at: Callable[[], int] = lambda: 0,
    ) -> None:
        """`keys_revoked_at`: sessions that began before it were revoked with their keys (epoch seconds)."""
        self._keys_revoked_at = keys_revoked_at
        self._repository = repository
        self._rate_limiter = rate_limiter
        self._tokens = tokens
        self._refresh_tokens = refresh_tokens
        self._limits = limits
        self._now = now

    async def open(
        self,
        member: str,
        roles: Sequence[str],
        amr: Sequence[str],
        epoch: int,
        device: Device,
        session_id: str | None = None,
        auth_time: int | None = None,
    ) -> tuple[Session, TokenPair]:
        """Open a new session for a member whose credentials were verified under `epoch`.

        `session_id` is one of `new_session_id`, where it had to be known before; `auth_time` is when the member logged
        in, where that was not now. Raises LoginSuperseded.
        """
        now = int(self._now())
        auth_time = now if auth_time is None else auth_time
        ends_at = auth_time + self._limits.absolute
        session_id = session_id or new_session_id()
        refresh = self._refresh_tokens.first(session_id)
        session = Session(
            id=session_id,
            member=member,
            roles=tuple(roles),
            amr=tuple(amr),
            auth_time=auth_time,
            renewed_at=now,
            idle_at=min(now + self._limits.idle, ends_at),
            ends_at=ends_at,
            refresh=token_hash(refresh),
            salt="",
            address=device.address,
            user_agent=device.user_agent[:USER_AGENT_LENGTH],
        )
        if not await self._repository.add(session, epoch):
            raise LoginSuperseded("The account changed during log-in. Log in again.")
        return session, self._pair(session, refresh)

    async def refresh(self, presented: str, device: Device) -> tuple[Session, TokenPair]:
        """Rotate `presented` and return its successor.

        Parallel and repeated calls get the same successor, until the grace period ends or the successor is used. Any
        later use ends the session. Raises RefreshTokenUnknown, RefreshTokenReused, SessionRevoked, TooManyAttempts.
        """
        session_id = parse_session_id(presented)
        if session_id is None:
            raise RefreshTokenUnknown
        stored = await self._usable(session_id, presented)
        await self._count_refresh(session_id)
        while stored.session.refresh == token_hash(presented):
            renewed = self._renewed(stored.session, presented, device)
            if await self._repository.replace(stored, renewed):
                return renewed, self._pair(renewed, self._successor(renewed, presented))
            # Another call was faster: its result counts.
            stored = await self._usable(session_id, presented)
        return stored.session, self._pair(stored.session, self._successor(stored.session, presented))

    async def _usable(self, session_id: str, presented: str) -> StoredSession:
        """Return the session that `presented` renews; end it when the token is a reused one. Raises RefreshRejected."""
        stored = await self._repository.load(session_id)
        refusal = self._refusal(stored.session if stored else None, presented)
        if stored is not None and isinstance(refusal, SessionRevoked | RefreshTokenReused):
            await self._end(session_id, stored.session.member)
        if isinstance(refusal, RefreshTokenReused):
            log.warning("refresh_token_reused", session=session_id, outcome="session_ended")
        if stored is None or refusal is not None:
            raise refusal or SessionRevoked
        return stored

    def _refusal(self, session: Session | None, presented: str) -> RefreshRejected | None:
        """Return why `presented` does not renew `session`; None when it is current or in its grace period."""
        is_current = session is not None and session.refresh == token_hash(presented)
        # Session ids are not secret. Without this check, anyone who knows one could end the session by a forged token.
        if not is_current and not self._refresh_tokens.issued(presented):
            return RefreshTokenUnknown()
        if session is None or self._predates_key_revocation(session):
            return SessionRevoked()
        return None if is_current or self._in_grace(session, presented) else RefreshTokenReused()

    async def _count_refresh(self, session_id: str) -> None:
        if not await self._rate_limiter.hit(self._limits.refreshes, _COUNTER, session_id):
            raise await self._rate_limiter.too_many_attempts(self._limits.refreshes, _COUNTER, session_id)

    def _renewed(self, session: Session, presented: str, device: Device) -> Session:
        """Return the session after the successor of `presented` has become its current token."""
        now = int(self._now())
        salt = new_salt()
        return replace(
            session,
            renewed_at=now,
            idle_at=min(now + self._limits.idle, session.ends_at),
            refresh=token_hash(self._refresh_tokens.successor(presented, salt)),
            salt=salt,
            address=device.address,
            user_agent=device.user_agent[:USER_AGENT_LENGTH],
        )

    def _in_grace(self, session: Session, presented: str) -> bool:
        """Say whether `presented` was replaced a moment ago, and its successor is unused: that is current still."""
        is_predecessor = token_hash(self._successor(session, presented)) == session.refresh
        return is_predecessor and int(self._now()) - session.renewed_at <= self._limits.grace

    def _successor(self, session: Session, presented: str) -> str:
        return self._refresh_tokens.successor(presented, session.salt)

    async def get_active(self, session_id: str, member: str) -> Session | None:
        """Return the session if it is alive and the member's."""
        stored = await self._repository.load(session_id)
        if stored is None or self._predates_key_revocation(stored.session):
            return None
        return stored.session if stored.session.member == member else None

    async def list_for_member(self, member: str) -> list[Session]:
        """Return the member's sessions, the newest first."""
        sessions = await self._repository.list_for_member(member)
        return [session for session in sessions if not self._predates_key_revocation(session)]

    async def end(self, session_id: str, member: str) -> None:
        """End one of the member's sessions. Raises SessionNotFound, for another member's too."""
        if await self.get_active(session_id, member) is None:
            raise SessionNotFound("Session not found.")
        await self._end(session_id, member)

    async def end_all(self, member: str, epoch: int | None = None, keep: str | None = None) -> int:
        """End the member's sessions except `keep`, and reject log-ins that were verified before `epoch`."""
        return await self._repository.end_all(member, epoch, keep)

    async def _end(self, session_id: str, member: str) -> None:
        await self._repository.end(session_id, member)
        await self._rate_limiter.clear(self._limits.refreshes, _COUNTER, session_id)

    def _predates_key_revocation(self, session: Session) -> bool:
        return session.auth_time <= self._keys_revoked_at()

    def _pair(self, session: Session, refresh: str) -> TokenPair:
        left = session.expires_at - int(self._now())
        lifetime = max(1, min(self._limits.access_token, session.ends_at - int(self._now())))
        access = self._tokens.issue(session.member, session.id, session.roles, session.auth_time, session.amr, lifetime)
        return TokenPair(access, lifetime, refresh, left)
