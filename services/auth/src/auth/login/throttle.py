"""Who may try a password (ASVS 6.3.1), without a lock-out that an attacker can cause.

What is counted are failures; an attempt counts as one until it has succeeded, so that parallel guesses count too.

- An account from one address: few. This is what stops guessing, and only that address is stopped.
- One address, whichever accounts: many. This stops trying one password on every account.
- An account from everywhere: above its limit the account is under attack. Addresses from which it was logged in to
  before are not affected; any other may fail fewer times than usual. So the owner gets in from anywhere, and
  somebody who commands many addresses gets fewer guesses out of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem
from redis.asyncio import Redis

from auth.throttle import KEY_PREFIX, Counters

_PAIR, _STRANGER, _ADDRESS, _ACCOUNT = "login-pair", "login-stranger", "login-address", "login-account"


@dataclass(frozen=True)
class LoginLimits:
    """Failures that are allowed, and how long an address stays known (seconds)."""

    pair: RateLimitItem
    stranger_under_attack: RateLimitItem
    address: RateLimitItem
    account: RateLimitItem
    known_seconds: int


@dataclass(frozen=True)
class Attempt:
    """One attempt that was admitted. `account` is a pseudonym, `address` what counts as one client."""

    account: str
    address: str


class LoginThrottle:
    """Admits attempts, and hears how they went. Every method raises redis.exceptions.RedisError."""

    def __init__(self, counters: Counters, redis: Redis, limits: LoginLimits) -> None:
        self._counters = counters
        self._redis: Any = redis  # its commands are typed for the synchronous client as well
        self._limits = limits

    async def admit(self, account: str, address: str) -> Attempt:
        """Count an attempt. Raises TooManyAttempts."""
        limits, counters = self._limits, self._counters
        if not await counters.take(limits.pair, _PAIR, account, address):
            raise await counters.refusal(limits.pair, _PAIR, account, address)
        if not await counters.take(limits.address, _ADDRESS, address):
            raise await counters.refusal(limits.address, _ADDRESS, address)
        usual = await counters.take(limits.account, _ACCOUNT, account)
        few = await counters.take(limits.stranger_under_attack, _STRANGER, account, address)
        if not usual and not few and not await self._redis.exists(_known_key(account, address)):
            raise await counters.refusal(limits.stranger_under_attack, _STRANGER, account, address)
        return Attempt(account, address)

    async def succeeded(self, attempt: Attempt) -> None:
        """Uncount the attempt, forget the failures before it from its address, and know the address from now on."""
        limits, counters = self._limits, self._counters
        await counters.clear(limits.pair, _PAIR, attempt.account, attempt.address)
        await counters.clear(limits.stranger_under_attack, _STRANGER, attempt.account, attempt.address)
        await counters.give_back(limits.address, _ADDRESS, attempt.address)
        await counters.give_back(limits.account, _ACCOUNT, attempt.account)
        await self._redis.set(_known_key(attempt.account, attempt.address), 1, ex=limits.known_seconds)

    async def undecided(self, attempt: Attempt) -> None:
        """Uncount an attempt about which nobody could say whether its password was right."""
        limits, counters = self._limits, self._counters
        await counters.give_back(limits.pair, _PAIR, attempt.account, attempt.address)
        await counters.give_back(limits.stranger_under_attack, _STRANGER, attempt.account, attempt.address)
        await counters.give_back(limits.address, _ADDRESS, attempt.address)
        await counters.give_back(limits.account, _ACCOUNT, attempt.account)


def _known_key(account: str, address: str) -> str:
    return f"{KEY_PREFIX}:login-known:{account}:{address}"
