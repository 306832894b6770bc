"""Rate limits, counted in Redis by the library `limits`."""

from __future__ import annotations

import math
import re
import time

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter

from platform_common.problems import Problem

KEY_PREFIX = "auth:limit"

MAX_ATTEMPTS = 1_000_000
MAX_WINDOW_DAYS = 400
_NOTATION = re.compile(r" *[0-9]+ *(?:/|per) *[0-9]* *(?:second|minute|hour|day)s? *")


class TooManyAttempts(Problem):
    """There were too many attempts; retry after `retry_after` seconds."""

    code = "too-many-attempts"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many attempts. Try again in {retry_after} s.", headers={"Retry-After": str(retry_after)})


def parse_rate_limit(value: object) -> RateLimitItem:
    """Return the rate limit written as `value`, such as `300/10 minutes`. Raises ValueError."""
    if isinstance(value, RateLimitItem):
        return value
    text = str(value)
    if not _NOTATION.fullmatch(text) or re.search(r"\b0+\b", text):
        raise ValueError("must be a rate limit such as 300/10 minutes (units: second, minute, hour, day)")
    parsed = parse(text)
    if parsed.amount > MAX_ATTEMPTS or parsed.get_expiry() > MAX_WINDOW_DAYS * 86_400:
        raise ValueError(f"must allow at most {MAX_ATTEMPTS:,} attempts in at most {MAX_WINDOW_DAYS} days")
    return type(parsed)(parsed.amount, parsed.multiples, namespace="attempts")


class RateLimiter:
    """Counts attempts under names. Every method raises redis.exceptions.RedisError when the store is out of reach."""

    def __init__(self, storage: RedisStorage) -> None:
        self._limiter = FixedWindowRateLimiter(storage)

    async def hit(self, allowed: RateLimitItem, *name: str) -> bool:
        """Count one attempt; return whether it is allowed. Concurrent attempts cannot exceed the limit."""
        return bool(await self._limiter.hit(allowed, *name))

    async def can_hit(self, allowed: RateLimitItem, *name: str) -> bool:
        """Say whether another attempt would be `allowed`, without counting one."""
        return bool(await self._limiter.test(allowed, *name))

    async def refund(self, allowed: RateLimitItem, *name: str) -> None:
        """Uncount one attempt that turned out to be none of the kind that is counted."""
        await self._limiter.hit(allowed, *name, cost=-1)

    async def clear(self, allowed: RateLimitItem, *name: str) -> None:
        """Forget the attempts."""
        await self._limiter.clear(allowed, *name)

    async def too_many_attempts(self, allowed: RateLimitItem, *name: str) -> TooManyAttempts:
        """Return the error, with the end of the window."""
        stats = await self._limiter.get_window_stats(allowed, *name)
        return TooManyAttempts(max(1, math.ceil(stats.reset_time - time.time())))
