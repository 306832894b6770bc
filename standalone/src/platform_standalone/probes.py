"""Health probes of components, over the protocols that their clients use."""

from __future__ import annotations

import asyncio

import httpx2
import psycopg
import redis.asyncio
from redis.exceptions import RedisError

from platform_standalone.steps import Probe

# Timeout of a probe (seconds); longer than a service's own readiness checks.
PROBE_SECONDS = 3.0


def http_ready(url: str) -> Probe:
    """A probe that is content with status 200 from `url`."""
    return _http(url, highest_status=200)


def http_answers(url: str) -> Probe:
    """A probe that accepts any response from `url`."""
    return _http(url, highest_status=599)


def _http(url: str, highest_status: int) -> Probe:
    limits = httpx2.Limits(max_keepalive_connections=0)
    # Plain HTTP on loopback, without a proxy; loading certificates would only take time.
    client = httpx2.AsyncClient(timeout=PROBE_SECONDS, trust_env=False, verify=False, limits=limits)

    async def probe() -> bool:
        try:
            response = await client.get(url)
        except httpx2.HTTPError:
            return False
        return response.status_code <= highest_status

    return probe


def postgres_answers(url: str) -> Probe:
    """A probe that logs in to the database at `url`."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                connection = await psycopg.AsyncConnection.connect(url)
                await connection.close()
        except (psycopg.Error, TimeoutError):
            return False
        return True

    return probe


def valkey_answers(url: str) -> Probe:
    """A probe that logs in to the server at `url`; one that still loads its data does not count."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(PROBE_SECONDS), redis.asyncio.Redis.from_url(url) as client:
                return bool(await client.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    return probe
