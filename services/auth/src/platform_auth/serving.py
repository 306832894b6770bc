"""The command `auth serve`: settings, startup check, and the server."""

from __future__ import annotations

import gc

from prometheus_client import REGISTRY
from pydantic import SecretStr
from redis.exceptions import AuthenticationError, RedisError

from platform_auth.app import Auth
from platform_auth.config import AuthSettings
from platform_auth.keys.ring import InvalidKeyRing
from platform_auth.store import redis_client
from platform_common.serving import StartupError, serve
from platform_common.settings import EXIT_SETTINGS, exit_with_error, load_settings
from platform_common.waiting import WAIT_SECONDS, NotYetAvailable, wait_until_available


async def wait_for_store(url: SecretStr, wait_seconds: float = WAIT_SECONDS) -> None:
    """Wait for the session store. Raises StartupError."""
    client = redis_client(url)

    async def check() -> None:
        try:
            await client.ping()
        except AuthenticationError:
            raise StartupError("AUTH_REDIS_URL names a server that refuses its user or password.") from None
        except (RedisError, OSError):
            raise NotYetAvailable("does not respond") from None

    try:
        if reason := await wait_until_available(check, wait_seconds):
            raise StartupError(f"AUTH_REDIS_URL names a server that {reason}.")
    finally:
        await client.aclose()


def run() -> None:
    """Serve until a signal; end with one sentence when the settings are wrong or the store is out of reach."""
    settings = load_settings(AuthSettings)
    try:
        auth = Auth(settings, registry=REGISTRY)
    except InvalidKeyRing as broken:
        exit_with_error(f"Wrong settings: AUTH_KEY_RING_DIR {broken}.", EXIT_SETTINGS)

    async def startup_check() -> None:
        await wait_for_store(settings.redis_url)

    # What was loaded so far lives as long as the process, and requests leave few cycles behind: the collector need not
    # walk the one again and again, nor stop the others every few hundred allocations (it cost a sixth of each request).
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    serve("auth", settings, auth.asgi, auth.health, startup_check, proxy_headers=False)
