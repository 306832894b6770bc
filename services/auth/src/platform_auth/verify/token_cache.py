"""Tokens that were verified before, until they expire: a signature is checked once, not each time."""

from __future__ import annotations

import re
from hashlib import sha256

import structlog

from platform_auth.keys.access_tokens import AccessTokens, TokenMalformed
from platform_auth.sessions.record import RecordUnreadable, decode
from platform_auth.sessions.repository import SESSION_KEY
from platform_auth.verify.fast_response import InvalidHeader, encode_head
from platform_auth.verify.lookup import get_command

# RFC 7515, section 7.1.
_COMPACT_JWS = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

log = structlog.get_logger(__name__)


class VerifiedToken:
    """A verified token: its subject, and the response while its session is active. Raises InvalidHeader.

    Whether the session is alive is *not* known here: the store is asked each time. Only how its response was read is
    remembered, with the very bytes that were read: `record`, and until when that record lets the session live.
    """

    __slots__ = (
        "command",
        "expires_at",
        "head",
        "headers",
        "member",
        "record",
        "roles",
        "session",
        "session_expires_at",
    )

    def __init__(self, member: str, session: str, roles: tuple[str, ...], expires_at: float) -> None:
        if any("," in role for role in roles):
            raise InvalidHeader("a role that would read as two")
        self.member = member
        self.session = session
        self.roles = frozenset(roles)
        self.expires_at = expires_at
        self.command = get_command(SESSION_KEY + session)
        self.headers = (
            (b"x-auth-subject", member.encode()),
            (b"x-auth-session", session.encode()),
            (b"x-auth-roles", ",".join(roles).encode()),
            (b"cache-control", b"no-store"),
            (b"content-length", b"0"),
        )
        self.head = encode_head(self.headers, b"authorization")
        self.record: bytes | None = None
        self.session_expires_at = 0.0

    def update_session(self, record: bytes) -> bool:
        """Read the session's record and its expiry; return False if it is no such record."""
        # Both at once: a token whose record is unknown has no time left either, so None read again passes nothing.
        self.record, self.session_expires_at = None, 0.0
        try:
            session = decode(self.session, record)
        except RecordUnreadable:
            log.warning("session_record_unreadable", session=self.session)
            return False
        if session.member != self.member:
            log.warning("session_of_another_member", session=self.session, member=self.member)
            return False
        self.record, self.session_expires_at = record, session.expires_at
        return True


class TokenCache:
    """At most `size` verified tokens by the SHA-256 of their credential; the least recently used are evicted first.

    A credential is written as `Bearer` and the token. Two generations: when the recent one is full it becomes the older
    one, and the one before that is dropped.
    """

    def __init__(self, tokens: AccessTokens, size: int) -> None:
        self._tokens = tokens
        self._half = max(1, size // 2)
        self._recent: dict[bytes, VerifiedToken] = {}
        self._older: dict[bytes, VerifiedToken] = {}

    def __len__(self) -> int:
        return len(self._recent) + len(self._older)

    def get(self, credential: bytes) -> VerifiedToken | None:
        """Return a recently verified token; the caller checks whether it has expired since."""
        return self._recent.get(sha256(credential).digest())

    def read(self, credential: bytes) -> VerifiedToken:
        """Return the verified token of `credential`, from the cache if possible.

        Raises TokenMalformed, UnknownKeyId, TokenExpired.
        """
        digest = sha256(credential).digest()
        known = self._recent.get(digest)
        if known is None:
            known = self._older.pop(digest, None) or self._verified(credential)
            if len(self._recent) >= self._half:
                self._recent, self._older = {}, self._recent
            self._recent[digest] = known
        return known

    def clear(self) -> None:
        """Remove every token, so that each is verified again with the current keys."""
        self._recent, self._older = {}, {}

    def _verified(self, credential: bytes) -> VerifiedToken:
        token = credential.removeprefix(b"Bearer ")
        # Decoders of base64 pass over what does not belong there; then one token would have many spellings.
        if not _COMPACT_JWS.fullmatch(token):
            raise TokenMalformed
        try:
            read = self._tokens.read(token.decode("ascii"))
            return VerifiedToken(read.member, read.session, read.roles, read.expires_at)
        except (UnicodeError, InvalidHeader):
            raise TokenMalformed from None
