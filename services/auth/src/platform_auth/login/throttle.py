"""Rate limits for log-in attempts (ASVS 6.3.1), without a lock-out that an attacker can cause.

Attempts are counted before the password check and refunded on success or when the member service is unavailable, so
concurrent guesses are limited too.

- One account from one address: few failures. This limit stops guessing, and blocks only that address.
- One address, all accounts: many failures. This limit stops trying one password on every account.
- One account, all addresses: above this limit the account is under attack. Addresses from which it was logged in to
  before are not affected; any other address gets fewer attempts. The owner can still log in from anywhere, and an
  attacker with many addresses gets fewer guesses from each.

Successful log-ins of an account are limited as well: each opens a session and costs a password hash.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem
from redis.asyncio import Redis

from platform_auth.rate_limiting import KEY_PREFIX, RateLimiter

_PAIR, _STRANGER, _ADDRESS, _ACCOUNT = "login-pair", "login-stranger", "login-address", "login-account"
_SUCCESS, _CODE = "login-success", "login-code"

# The maximum number of known addresses per account: those of the latest log-ins.
KNOWN_ADDRESSES = 50


@dataclass(frozen=True)
class LoginLimits:
    """Allowed failures, allowed log-ins of one account, and how long an address stays known (seconds)."""

    per_account_and_ip: RateLimitItem
    unknown_ip_under_attack: RateLimitItem
    per_ip: RateLimitItem
    per_account: RateLimitItem
    successes: RateLimitItem
    codes: RateLimitItem
    known_seconds: int


@dataclass(frozen=True)
class Attempt:
    """An admitted attempt. `account` is a pseudonym, `address` the unit that counts as one client."""

    account: str
    address: str


class LoginThrottle:
    """Rate limits for log-in attempts. Every method raises redis.exceptions.RedisError."""

    def __init__(self, rate_limiter: RateLimiter, redis: Redis, limits: LoginLimits) -> None:
        self._rate_limiter = rate_limiter
        self._redis: Any = redis  # its commands are typed for the synchronous client as well
        self._limits = limits

    async def acquire(self, account: str, address: str) -> Attempt:
        """Count an attempt. Raises TooManyAttempts."""
        limits, rate_limiter = self._limits, self._rate_limiter
        # First: above its limit an address creates no further counters, whatever accounts it invents.
        if not await rate_limiter.hit(limits.per_ip, _ADDRESS, address):
            raise await rate_limiter.too_many_attempts(limits.per_ip, _ADDRESS, address)
        if not await rate_limiter.can_hit(limits.successes, _SUCCESS, account):
            await rate_limiter.refund(limits.per_ip, _ADDRESS, address)
            raise await rate_limiter.too_many_attempts(limits.successes, _SUCCESS, account)
        if not await rate_limiter.hit(limits.per_account_and_ip, _PAIR, account, address):
            await rate_limiter.refund(limits.per_ip, _ADDRESS, address)
            raise await rate_limiter.too_many_attempts(limits.per_account_and_ip, _PAIR, account, address)
        usual = await rate_limiter.hit(limits.per_account, _ACCOUNT, account)
        few = await rate_limiter.hit(limits.unknown_ip_under_attack, _STRANGER, account, address)
        if not usual and not few and not await self._knows(account, address):
            raise await rate_limiter.too_many_attempts(limits.unknown_ip_under_attack, _STRANGER, account, address)
        return Attempt(account, address)

    async def record_success(self, attempt: Attempt) -> None:
        """Refund the attempt, reset the failures from its address, and remember the address."""
        limits, rate_limiter = self._limits, self._rate_limiter
        await rate_limiter.clear(limits.per_account_and_ip, _PAIR, attempt.account, attempt.address)
        await rate_limiter.clear(limits.unknown_ip_under_attack, _STRANGER, attempt.account, attempt.address)
        await rate_limiter.refund(limits.per_ip, _ADDRESS, attempt.address)
        await rate_limiter.refund(limits.per_account, _ACCOUNT, attempt.account)
        await rate_limiter.hit(limits.successes, _SUCCESS, attempt.account)
        await self._remember(attempt)

    async def record_password(self, attempt: Attempt) -> None:
        """Refund an attempt whose password was right and whose second factor is still to come.

        Failures are not reset: who knows the password would get new guesses at the code by each of these.
        """
        await self.refund(attempt)
        await self._rate_limiter.hit(self._limits.successes, _SUCCESS, attempt.account)

    async def acquire_code(self, account: str) -> None:
        """Count a guess at the six digits of an account. Raises TooManyAttempts.

        Only who knows the password can guess, so that no stranger locks the owner out; whom someone with the password
        locks out has recovery codes, which are too long for guessing and not limited by this.
        """
        if not await self._rate_limiter.hit(self._limits.codes, _CODE, account):
            raise await self._rate_limiter.too_many_attempts(self._limits.codes, _CODE, account)

    async def refund_code(self, account: str) -> None:
        """Refund a guess that could not be judged."""
        await self._rate_limiter.refund(self._limits.codes, _CODE, account)

    async def clear_codes(self, account: str) -> None:
        """Forget the guesses of an account."""
        await self._rate_limiter.clear(self._limits.codes, _CODE, account)

    async def refund(self, attempt: Attempt) -> None:
        """Refund an attempt that could not be judged."""
        limits, rate_limiter = self._limits, self._rate_limiter
        await rate_limiter.refund(limits.per_account_and_ip, _PAIR, attempt.account, attempt.address)
        await rate_limiter.refund(limits.unknown_ip_under_attack, _STRANGER, attempt.account, attempt.address)
        await rate_limiter.refund(limits.per_ip, _ADDRESS, attempt.address)
        await rate_limiter.refund(limits.per_account, _ACCOUNT, attempt.account)

    async def _remember(self, attempt: Attempt) -> None:
        key = _known_key(attempt.account)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.zadd(key, {attempt.address: time.time()})
            pipeline.zremrangebyrank(key, 0, -KNOWN_ADDRESSES - 1)
            pipeline.expire(key, self._limits.known_seconds)
            await pipeline.execute()

    async def _knows(self, account: str, address: str) -> bool:
        seen_at = await self._redis.zscore(_known_key(account), address)
        return seen_at is not None and time.time() - seen_at < self._limits.known_seconds


def _known_key(account: str) -> str:
    return f"{KEY_PREFIX}:login-known:{account}"
