"""Opening, renewing and ending sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog
import uuid_utils

from auth.keys.access_tokens import AccessTokens
from auth.sessions.errors import LoginOutdated, RefreshTokenReused, RefreshTokenUnknown, SessionNotFound, SessionRevoked
from auth.sessions.record import Session
from auth.sessions.refresh_tokens import (
    MAX_TOKEN_LENGTH,
    Successor,
    new_refresh_token,
    open_successor,
    seal_successor,
    token_hash,
)
from auth.sessions.repository import SessionRepository, Stored

USER_AGENT_LENGTH = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SessionLimits:
    """How long things last (seconds)."""

    access_token: int
    idle: int
    absolute: int
    grace: int = 10


@dataclass(frozen=True)
class TokenPair:
    """What a client holds of a session; the lifetimes are in seconds from now."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


@dataclass(frozen=True)
class Device:
    """Where a session is used: the client's address and what it calls itself."""

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
        tokens: AccessTokens,
        limits: SessionLimits,
        now: Callable[[], float],
        ended_until: Callable[[], int] = lambda: 0,
    ) -> None:
        """`ended_until` says when a session began (epoch seconds), at the latest, that ended with its keys."""
        self._ended_until = ended_until
        self._repository = repository
        self._tokens = tokens
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
    ) -> tuple[Session, TokenPair]:
        """Open a new session for a member whose credentials were verified under `epoch`.

        `session_id` is one of `new_session_id`, where it had to be known before. Raises LoginOutdated.
        """
        now = int(self._now())
        refresh = new_refresh_token()
        session = Session(
            id=session_id or new_session_id(),
            member=member,
            roles=tuple(roles),
            amr=tuple(amr),
            auth_time=now,
            renewed_at=now,
            idle_at=now + min(self._limits.idle, self._limits.absolute),
            ends_at=now + self._limits.absolute,
            refresh=token_hash(refresh),
            address=device.address,
            user_agent=device.user_agent[:USER_AGENT_LENGTH],
        )
        if not await self._repository.add(session, epoch):
            raise LoginOutdated("The account has changed during the log-in.")
        return session, self._pair(session, refresh)

    async def refresh(self, presented: str, device: Device) -> tuple[Session, TokenPair]:
        """Rotate `presented` and return its successor.

        Parallel calls within the grace period get the same successor. Later reuse ends the session.
        Raises RefreshTokenUnknown, RefreshTokenReused, SessionRevoked.
        """
        if len(presented) > MAX_TOKEN_LENGTH:
            raise RefreshTokenUnknown
        presented_hash = token_hash(presented)
        session_id = await self._repository.session_of(presented_hash)
        if session_id is None:
            raise RefreshTokenUnknown
        while True:
            stored = await self._repository.load(session_id)
            if stored is None:
                raise SessionRevoked
            if self._ended_with_its_keys(stored.session):
                await self._repository.end(session_id, stored.session.member)
                raise SessionRevoked
            if stored.session.refresh != presented_hash:
                return await self._in_grace(stored.session, presented, presented_hash)
            renewed = await self._rotate(stored, presented, presented_hash, device)
            if renewed is not None:
                return renewed
            # Somebody was faster: their outcome is read on the next turn.

    async def _rotate(
        self, stored: Stored, presented: str, presented_hash: str, device: Device
    ) -> tuple[Session, TokenPair] | None:
        """Replace the session's current token, or return None when another call has changed the session."""
        now = int(self._now())
        proposal = seal_successor(presented, Successor(new_refresh_token(), now))
        sealed = await self._repository.claim_succession(presented_hash, proposal, self._limits.grace)
        successor = self._opened(presented, sealed)
        if successor is None:
            # Left over from a call that died half-way, or no successor at all: it blocks the next proposal.
            await self._repository.forget_succession(presented_hash)
            return None
        renewed = stored.session.renewed(now, self._limits.idle, token_hash(successor.token))
        renewed = replace(renewed, address=device.address, user_agent=device.user_agent[:USER_AGENT_LENGTH])
        if not await self._repository.replace(stored, renewed):
            return None
        return renewed, self._pair(renewed, successor.token)

    async def _in_grace(self, session: Session, presented: str, presented_hash: str) -> tuple[Session, TokenPair]:
        """Answer a token that was rotated before."""
        sealed = await self._repository.successor_of(presented_hash)
        successor = self._opened(presented, sealed) if sealed else None
        if successor is None:
            await self._repository.end(session.id, session.member)
            log.warning("refresh_token_reused", member=session.member, session=session.id, outcome="session_ended")
            raise RefreshTokenReused
        return session, self._pair(session, successor.token)

    def _opened(self, presented: str, sealed: bytes) -> Successor | None:
        successor = open_successor(presented, sealed)
        if successor is None or self._now() - successor.rotated_at >= self._limits.grace:
            return None
        return successor

    async def alive(self, session_id: str, member: str) -> Session | None:
        """Return the session if it is alive and the member's."""
        stored = await self._repository.load(session_id)
        if stored is None or self._ended_with_its_keys(stored.session):
            return None
        return stored.session if stored.session.member == member else None

    async def of_member(self, member: str) -> list[Session]:
        """Return the member's sessions, the newest first."""
        sessions = await self._repository.of_member(member)
        return [session for session in sessions if not self._ended_with_its_keys(session)]

    async def end(self, session_id: str, member: str) -> None:
        """End one of the member's sessions. Raises SessionNotFound, for another member's too."""
        if await self.alive(session_id, member) is None:
            raise SessionNotFound("You have no such session.")
        await self._repository.end(session_id, member)

    async def end_all(self, member: str, epoch: int | None = None, keep: str | None = None) -> int:
        """End the member's sessions, all but `keep`, and with `epoch` fence off log-ins that began before."""
        return await self._repository.end_all(member, epoch, keep)

    def _ended_with_its_keys(self, session: Session) -> bool:
        return session.auth_time <= self._ended_until()

    def _pair(self, session: Session, refresh: str) -> TokenPair:
        left = session.over_at - int(self._now())
        lifetime = max(1, min(self._limits.access_token, session.ends_at - int(self._now())))
        access = self._tokens.issue(session.member, session.id, session.roles, session.auth_time, session.amr, lifetime)
        return TokenPair(access, lifetime, refresh, left)
