"""What sessions look like to clients."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, Field

from platform_auth.sessions.record import Session
from platform_auth.sessions.refresh_tokens import MAX_TOKEN_LENGTH
from platform_auth.sessions.service import TokenPair
from platform_common.payload import Payload


class RefreshBody(Payload):
    """A refresh token to be exchanged."""

    refresh_token: str = Field(min_length=1, max_length=MAX_TOKEN_LENGTH, examples=["0198f0a1c2d34e5f.q7Xw"])


class TokensOut(BaseModel):
    """A new pair of tokens; lifetimes are in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (the kind of token, RFC 6750)
    expires_in: int
    refresh_token: str
    refresh_expires_in: int

    @classmethod
    def from_pair(cls, pair: TokenPair) -> TokensOut:
        """Return the client's view of `pair`."""
        return cls(
            access_token=pair.access_token,
            expires_in=pair.expires_in,
            refresh_token=pair.refresh_token,
            refresh_expires_in=pair.refresh_expires_in,
        )


class SessionOut(BaseModel):
    """One of the caller's sessions."""

    id: str
    current: bool = Field(description="Whether this is the session of the request itself.")
    created_at: datetime
    renewed_at: datetime
    expires_at: datetime = Field(description="When it ends unless it is renewed before.")
    address: str = Field(description="The client's address at the log-in or the last renewal.")
    user_agent: str

    @classmethod
    def from_session(cls, session: Session, current_id: str) -> SessionOut:
        """Return the client's view of `session`."""
        return cls(
            id=session.id,
            current=session.id == current_id,
            created_at=_utc(session.auth_time),
            renewed_at=_utc(session.renewed_at),
            expires_at=_utc(session.expires_at),
            address=session.address,
            user_agent=session.user_agent,
        )


class SessionsOut(BaseModel):
    """The caller's sessions, the newest first."""

    items: list[SessionOut]


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
