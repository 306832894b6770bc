"""Challenges of passkeys: what an authenticator signs, so that no earlier response is good for anything.

The store knows the SHA-256 of each for a few minutes, and for what and for which client it was issued. Each is accepted
once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from typing import Any

from redis.asyncio import Redis

KEY_PREFIX = "auth:passkey-challenge:"

_CHALLENGE_BYTES = 32


class PasskeyChallenges:
    """Keeps challenges for `seconds`. Every method that waits raises redis.exceptions.RedisError."""

    def __init__(self, redis: Redis, seconds: int) -> None:
        self._redis: Any = redis  # its commands are typed for the synchronous client as well
        self._seconds = seconds

    async def issue(self, purpose: str, client: str) -> str:
        """Return a new challenge (base64url)."""
        challenge = secrets.token_urlsafe(_CHALLENGE_BYTES)
        await self._redis.set(_key(challenge), _value(purpose, client), ex=self._seconds)
        return challenge

    async def use_up(self, challenge: str, purpose: str, client: str) -> bool:
        """Say whether `challenge` was issued for this and not used since; it is worthless from then on."""
        stored = await self._redis.getdel(_key(challenge))
        return stored is not None and secrets.compare_digest(stored, _value(purpose, client))


def signed_challenge(client_data: str) -> str | None:
    """Return the challenge in `clientDataJSON` (base64url), or None where that is malformed."""
    try:
        document = json.loads(base64.urlsafe_b64decode(client_data + "=="))
        challenge = document["challenge"]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return None
    return challenge if isinstance(challenge, str) and challenge.isascii() else None


def _key(challenge: str) -> str:
    return KEY_PREFIX + hashlib.sha256(challenge.encode()).hexdigest()


def _value(purpose: str, client: str) -> bytes:
    return f"{purpose} {client}".encode()
