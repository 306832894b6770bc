"""Challenges: a log-in whose password was right and whose second factor is still to come.

A challenge is an opaque token. The store knows its SHA-256 and, for a few minutes, whose log-in it continues, under
which epoch the password was verified, and from where. It opens at most one session.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from redis.asyncio import Redis

CHALLENGE_KEY = "auth:challenge:"
MAX_TOKEN_LENGTH = 128

_SECRET_BYTES = 32

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Challenge:
    """A log-in to be continued. `account` is a pseudonym, `client` what counts as one client."""

    member: str
    epoch: int
    account: str
    client: str


class Challenges:
    """Keeps challenges for `seconds`. Every method raises redis.exceptions.RedisError."""

    def __init__(self, redis: Redis, seconds: int) -> None:
        self._redis: Any = redis  # its commands are typed for the synchronous client as well
        self.seconds = seconds

    async def issue(self, challenge: Challenge) -> str:
        """Return a token for `challenge`."""
        token = secrets.token_urlsafe(_SECRET_BYTES)
        await self._redis.set(_key(token), json.dumps(asdict(challenge)), ex=self.seconds)
        return token

    async def find(self, token: str, client: str) -> Challenge | None:
        """Return what `token` stands for, if it is still good and was issued to `client`."""
        raw = await self._redis.get(_key(token))
        challenge = _decode(raw) if raw is not None else None
        return challenge if challenge is not None and challenge.client == client else None

    async def use_up(self, token: str) -> bool:
        """Make `token` worthless; False where it was already. Of parallel calls one gets True."""
        return bool(await self._redis.delete(_key(token)))


def _key(token: str) -> str:
    return CHALLENGE_KEY + hashlib.sha256(token.encode()).hexdigest()


def _decode(raw: bytes) -> Challenge | None:
    try:
        challenge = Challenge(**json.loads(raw))
    except (ValueError, TypeError, RecursionError):
        challenge = None
    texts = (challenge.member, challenge.account, challenge.client) if challenge else (None,)
    if challenge is None or not all(isinstance(text, str) for text in texts) or type(challenge.epoch) is not int:
        log.warning("challenge_unreadable")
        return None
    return challenge
