"""Tokens that were verified before, by their SHA-256, until they expire: a signature is checked once, not each time."""

from __future__ import annotations

import hashlib

import structlog

from auth.keys.access_tokens import AccessTokens, TokenMalformed
from auth.sessions.record import RecordUnreadable, decode
from auth.sessions.repository import SESSION_KEY

log = structlog.get_logger(__name__)

Headers = list[tuple[bytes, bytes]]


class KnownToken:
    """A verified token: whose it is, and what is answered while its session is alive.

    Whether the session is alive is *not* known here: it is asked of the store each time. Only the reading of the
    store's answer is remembered, by the very bytes that were read.
    """

    __slots__ = ("_over_at", "_raw", "expires_at", "identity", "key", "member", "roles", "session")

    def __init__(self, member: str, session: str, roles: tuple[str, ...], expires_at: float) -> None:
        self.member = member
        self.session = session
        self.roles = frozenset(roles)
        self.expires_at = expires_at
        self.key = (SESSION_KEY + session).encode()
        self.identity: Headers = [
            (b"x-auth-subject", member.encode()),
            (b"x-auth-session", session.encode()),
            (b"x-auth-roles", ",".join(roles).encode()),
            (b"cache-control", b"no-store"),
            (b"content-length", b"0"),
        ]
        self._raw = b""
        self._over_at = 0.0

    def alive(self, raw: bytes, now: float) -> bool:
        """Say whether `raw`, what the store holds now, is this token's session and not over."""
        if raw != self._raw:
            try:
                session = decode(self.session, raw)
            except RecordUnreadable:
                log.warning("session_record_unreadable", session=self.session)
                return False
            if session.member != self.member:
                log.warning("session_of_another_member", session=self.session, member=self.member)
                return False
            self._raw, self._over_at = raw, session.over_at
        return self._over_at > now


class TokenCache:
    """At most `size` verified tokens; those that were not used for longest are dropped first.

    Two generations: when the recent one is full it becomes the older one, and the one before that is dropped.
    """

    def __init__(self, tokens: AccessTokens, size: int) -> None:
        self._tokens = tokens
        self._half = max(1, size // 2)
        self._recent: dict[bytes, KnownToken] = {}
        self._older: dict[bytes, KnownToken] = {}

    def __len__(self) -> int:
        return len(self._recent) + len(self._older)

    def read(self, token: bytes) -> KnownToken:
        """Return what `token` says; whether it has expired since is the caller's to see.

        Raises TokenMalformed, TokenExpired.
        """
        digest = hashlib.sha256(token).digest()
        known = self._recent.get(digest)
        if known is None:
            known = self._older.pop(digest, None) or self._verified(token)
            self._keep(digest, known)
        return known

    def clear(self) -> None:
        """Forget every token: each is verified anew, with the keys of now."""
        self._recent, self._older = {}, {}

    def _verified(self, token: bytes) -> KnownToken:
        try:
            text = token.decode("ascii")
        except UnicodeDecodeError:
            raise TokenMalformed from None
        read = self._tokens.read(text)
        try:
            return KnownToken(read.member, read.session, read.roles, read.expires_at)
        except UnicodeEncodeError:
            raise TokenMalformed from None

    def _keep(self, digest: bytes, known: KnownToken) -> None:
        if len(self._recent) >= self._half:
            self._recent, self._older = {}, self._recent
        self._recent[digest] = known
