"""Sessions in Redis. Every change is one atomic command or script on one key, so that a cluster may spread the keys.

| key | holds |
|---|---|
| `auth:session:{id}` | the session's record; without it no token of the session is accepted |
| `auth:refresh:{sha256}` | the id of the session that a refresh token belongs to, as long as the token could be used |
| `auth:refresh:{sha256}:successor` | for the grace period: what took the rotated token's place, encrypted |
| `auth:member:{id}:sessions` | a hash: the ids of the member's sessions and when each ends, and the epoch fence |

What belongs together but lies under two keys is ordered such that a crash in between leaves nothing alive that is not
listed, and nothing listed as ended that is alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from auth.sessions.record import RecordUnreadable, Session, decode

SESSION_KEY = "auth:session:"
_EPOCH_FIELD = "epoch"

# KEYS: the session. ARGV: the record as it was read, the new one, its time to live (ms).
_REPLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""

# KEYS: the member's sessions. ARGV: session id, its end, the epoch its credentials were verified under, now, TTL (ms).
_REGISTER = """
local fence = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
if tonumber(ARGV[3]) < fence then return 0 end
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  if fields[i] ~= 'epoch' and tonumber(fields[i + 1]) <= tonumber(ARGV[4]) then
    redis.call('HDEL', KEYS[1], fields[i])
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[5]) then redis.call('PEXPIRE', KEYS[1], ARGV[5]) end
return 1
"""

# KEYS: the member's sessions. ARGV: the epoch below which no session may be registered any more, TTL (ms).
_FENCE = """
local fence = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '-1')
if tonumber(ARGV[1]) > fence then redis.call('HSET', KEYS[1], 'epoch', ARGV[1]) end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('HKEYS', KEYS[1])
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Stored:
    """A session together with the very bytes it was read from: what `replace` compares."""

    session: Session
    raw: bytes


class SessionRepository:
    """The store of sessions. `absolute_seconds` is the longest that a session lasts.

    Every method raises redis.exceptions.RedisError when the store is out of reach.
    """

    def __init__(self, redis: Redis, absolute_seconds: int, now: Callable[[], float]) -> None:
        self._redis: Any = redis  # its commands are typed for the synchronous client as well
        self._absolute_ms = absolute_seconds * 1000
        self._now = now
        self._replace: Any = redis.register_script(_REPLACE)
        self._register = redis.register_script(_REGISTER)
        self._fence = redis.register_script(_FENCE)

    async def load(self, session_id: str) -> Stored | None:
        """Return the session, or None when it has ended or what stands there is none."""
        try:
            raw = await self._redis.get(SESSION_KEY + session_id)
        except ResponseError:
            raw = b""
        return self._stored(session_id, raw)

    async def add(self, session: Session, epoch: int) -> bool:
        """Keep a new session, unless the member's sessions were ended by an epoch above `epoch`."""
        # The record first: were it second, an end of all sessions in between would miss it. Nobody has its tokens yet.
        await self._redis.set(SESSION_KEY + session.id, session.encode(), px=self._left_ms(session.over_at))
        await self._redis.set(_refresh_key(session.refresh), session.id, px=self._left_ms(session.over_at))
        registered = await self._register(
            keys=[_member_key(session.member)],
            args=[session.id, session.ends_at, epoch, int(self._now()), self._absolute_ms],
        )
        if not registered:
            await self._redis.delete(SESSION_KEY + session.id, _refresh_key(session.refresh))
        return bool(registered)

    async def replace(self, stored: Stored, session: Session) -> bool:
        """Put `session` in the place of `stored`; False when that has changed or ended meanwhile."""
        await self._redis.set(_refresh_key(session.refresh), session.id, px=self._left_ms(session.over_at))
        args = [stored.raw, session.encode(), self._left_ms(session.over_at)]
        return bool(await self._replace(keys=[SESSION_KEY + session.id], args=args))

    async def session_of(self, refresh: str) -> str | None:
        """Return the id of the session that the refresh token with this hash belongs to."""
        try:
            found = await self._redis.get(_refresh_key(refresh))
        except ResponseError:
            log.warning("refresh_record_unreadable")
            return None
        return found.decode(errors="replace") if found else None

    async def successor_of(self, refresh: str) -> bytes | None:
        """Return what was sealed for the holder of the rotated token with this hash."""
        sealed: bytes | None = await self._redis.get(_successor_key(refresh))
        return sealed

    async def claim_succession(self, refresh: str, sealed: bytes, seconds: float) -> bytes:
        """Propose a successor for the token with this hash; return the one that was proposed first."""
        key = _successor_key(refresh)
        if await self._redis.set(key, sealed, nx=True, px=int(seconds * 1000)):
            return sealed
        return await self.successor_of(refresh) or await self.claim_succession(refresh, sealed, seconds)

    async def forget_succession(self, refresh: str) -> None:
        """Drop a successor whose time is over."""
        await self._redis.delete(_successor_key(refresh))

    async def end(self, session_id: str, member: str) -> bool:
        """End one session; once this returns, nobody accepts it any more. False when it had ended before."""
        ended = await self._redis.delete(SESSION_KEY + session_id)
        await self._redis.hdel(_member_key(member), session_id)
        return bool(ended)

    async def end_all(self, member: str, epoch: int | None = None, keep: str | None = None) -> int:
        """End every session of `member` but `keep`; return how many.

        With `epoch`, sessions whose credentials were verified under an older one cannot be added any more.
        """
        key = _member_key(member)
        if epoch is None:
            listed = await self._redis.hkeys(key)
        else:
            listed = await self._fence(keys=[key], args=[epoch, self._absolute_ms])
        ids = _session_ids(listed) - {keep or ""}
        if not ids:
            return 0
        # The records before the list: a caller who repeats after a crash in between finds them listed still.
        ended = await self._redis.delete(*(SESSION_KEY + session_id for session_id in ids))
        await self._redis.hdel(key, *ids)
        return int(ended)

    async def of_member(self, member: str) -> list[Session]:
        """Return the member's sessions that are alive, the newest first."""
        ids = sorted(_session_ids(await self._redis.hkeys(_member_key(member))), reverse=True)
        if not ids:
            return []
        raws = await self._redis.mget([SESSION_KEY + session_id for session_id in ids])
        found = [self._stored(session_id, raw) for session_id, raw in zip(ids, raws, strict=True)]
        return [stored.session for stored in found if stored and stored.session.member == member]

    def _stored(self, session_id: str, raw: bytes | None) -> Stored | None:
        if raw is None:
            return None
        try:
            session = decode(session_id, raw)
        except RecordUnreadable:
            log.warning("session_record_unreadable", session=session_id)
            return None
        return Stored(session, raw) if session.over_at > self._now() else None

    def _left_ms(self, moment: int) -> int:
        return max(1, int((moment - self._now()) * 1000))


def _session_ids(fields: Iterable[bytes]) -> set[str]:
    return {field.decode(errors="replace") for field in fields} - {_EPOCH_FIELD}


def _member_key(member: str) -> str:
    return f"auth:member:{member}:sessions"


def _refresh_key(refresh: str) -> str:
    return f"auth:refresh:{refresh}"


def _successor_key(refresh: str) -> str:
    return f"auth:refresh:{refresh}:successor"
