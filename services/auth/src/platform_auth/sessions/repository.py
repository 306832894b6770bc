"""Sessions in Redis.

| key | holds |
|---|---|
| `auth:session:{id}` | the session's record; without it no token of the session is accepted |
| `auth:member:{{id}}:sessions` | a sorted set: the ids of the member's sessions, by when each was renewed last |
| `auth:member:{{id}}:epoch` | the epoch fence |

The inner braces are part of a member's keys: a cluster keeps both in one slot, for the one script that reads both.
Every other change is one atomic command or script on one key. Changes of two keys are ordered such that a crash in
between leaves nothing alive that is not listed, and nothing listed as ended that is alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from platform_auth.sessions.record import RecordUnreadable, Session, decode

SESSION_KEY = "auth:session:"

# KEYS: the session. ARGV: the record as it was read, the new one, its time to live (ms).
_REPLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""

# KEYS: the member's sessions, its fence. ARGV: session id, now (ms), the epoch its credentials were verified under,
# how many sessions the member may have, TTL (ms). Returns nil when fenced off, and nothing while there is room; else
# the sessions that are too many and one more, since the new one may be among the first (clocks of replicas differ).
_REGISTER = """
if tonumber(ARGV[3]) < tonumber(redis.call('GET', KEYS[2]) or '0') then return false end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[5]) then redis.call('PEXPIRE', KEYS[1], ARGV[5]) end
local excess = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[4])
if excess < 1 then return {} end
return redis.call('ZRANGE', KEYS[1], 0, excess)
"""

# KEYS: the member's fence. ARGV: the epoch below which no session may be registered any more, TTL (ms).
_FENCE = """
local fence = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1]))
redis.call('SET', KEYS[1], string.format('%.0f', fence), 'PX', ARGV[2])
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class StoredSession:
    """A session with the bytes it was read from, which `replace` compares."""

    session: Session
    raw: bytes


class SessionRepository:
    """The store of sessions. `absolute_seconds` is the longest that a session lasts, `per_member` how many one has.

    Every method raises redis.exceptions.RedisError when the store is out of reach.
    """

    def __init__(self, redis: Redis, absolute_seconds: int, per_member: int, now: Callable[[], float]) -> None:
        self._redis: Any = redis  # its commands are typed for the synchronous client as well
        self._absolute_ms = absolute_seconds * 1000
        self._per_member = per_member
        self._now = now
        self._replace: Any = redis.register_script(_REPLACE)
        self._register = redis.register_script(_REGISTER)
        self._fence = redis.register_script(_FENCE)

    async def load(self, session_id: str) -> StoredSession | None:
        """Return the session, or None when it has ended or its record cannot be read."""
        try:
            raw = await self._redis.get(SESSION_KEY + session_id)
        except ResponseError:
            raw = b""
        return self._stored(session_id, raw)

    async def add(self, session: Session, epoch: int) -> bool:
        """Keep a new session, unless the member's sessions were ended by an epoch above `epoch`.

        The member's sessions that have been idle longest end when it has too many.
        """
        # The record first: were it second, an end of all sessions in between would miss it. Its tokens are not yet out.
        await self._redis.set(SESSION_KEY + session.id, session.encode(), px=self._left_ms(session.expires_at))
        oldest = await self._register(
            keys=[_sessions_key(session.member), _fence_key(session.member)],
            args=[session.id, self._now_ms(), epoch, self._per_member, self._absolute_ms],
        )
        if oldest is None:
            await self._redis.delete(SESSION_KEY + session.id)
            return False
        others = [one for one in _ids(oldest) if one != session.id]
        ended = await self._end_listed(session.member, others[: max(0, len(oldest) - 1)])
        if ended:
            log.info("sessions_over_the_limit_ended", member=session.member, sessions=ended)
        return True

    async def replace(self, stored: StoredSession, session: Session) -> bool:
        """Put `session` in the place of `stored`; False when that has changed or ended meanwhile."""
        args = [stored.raw, session.encode(), self._left_ms(session.expires_at)]
        if not await self._replace(keys=[SESSION_KEY + session.id], args=args):
            return False
        # Only where it is still listed: a session that is being ended must not come back to the list.
        await self._redis.zadd(_sessions_key(session.member), {session.id: self._now_ms()}, xx=True)
        return True

    async def end(self, session_id: str, member: str) -> bool:
        """End one session; afterwards none of its tokens is accepted. Return False if it had already ended."""
        return await self._end_listed(member, [session_id]) > 0

    async def end_all(self, member: str, epoch: int | None = None, keep: str | None = None) -> int:
        """End every session of `member` except `keep`; return their number.

        With `epoch`, sessions whose credentials were verified under an older one cannot be added any more.
        """
        try:
            if epoch is not None:
                # Before the list is read: it contains what was added until now, and nothing older is added from now on.
                await self._fence(keys=[_fence_key(member)], args=[epoch, self._absolute_ms])
        finally:
            # Also when a full store refused the fence: deleting needs no memory, and log-ins fail until there is some.
            listed = await self._redis.zrange(_sessions_key(member), 0, -1)
            ended = await self._end_listed(member, [one for one in _ids(listed) if one != keep])
        return ended

    async def list_for_member(self, member: str) -> list[Session]:
        """Return the member's sessions that are alive, the newest first; no more than a member may have."""
        listed = await self._redis.zrange(_sessions_key(member), 0, self._per_member - 1, desc=True)
        ids = sorted(_ids(listed), reverse=True)
        if not ids:
            return []
        raws = await self._redis.mget([SESSION_KEY + session_id for session_id in ids])
        found = [self._stored(session_id, raw) for session_id, raw in zip(ids, raws, strict=True)]
        return [stored.session for stored in found if stored and stored.session.member == member]

    async def _end_listed(self, member: str, ids: Sequence[str]) -> int:
        if not ids:
            return 0
        # The records before the list: a caller who repeats after a crash in between finds them listed still.
        ended = await self._redis.delete(*(SESSION_KEY + session_id for session_id in ids))
        await self._redis.zrem(_sessions_key(member), *ids)
        return int(ended)

    def _stored(self, session_id: str, raw: bytes | None) -> StoredSession | None:
        if raw is None:
            return None
        try:
            session = decode(session_id, raw)
        except RecordUnreadable:
            log.warning("session_record_unreadable", session=session_id)
            return None
        return StoredSession(session, raw) if session.expires_at > self._now() else None

    def _now_ms(self) -> int:
        return int(self._now() * 1000)

    def _left_ms(self, moment: int) -> int:
        return max(1, int((moment - self._now()) * 1000))


def _ids(listed: Iterable[bytes]) -> list[str]:
    return [session_id.decode(errors="replace") for session_id in listed]


def _sessions_key(member: str) -> str:
    return f"auth:member:{{{member}}}:sessions"


def _fence_key(member: str) -> str:
    return f"auth:member:{{{member}}}:epoch"
