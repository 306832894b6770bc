"""The command `auth serve`: settings, what must be there at the start, and the server."""

from __future__ import annotations

import gc

from prometheus_client import REGISTRY
from redis.exceptions import AuthenticationError, RedisError

from auth.app import Auth
from auth.config import AuthSettings
from auth.keys.ring import KeyRingBroken
from auth.store import redis_client
from platform_common.serving import StartRefused, serve
from platform_common.settings import EXIT_SETTINGS, load_settings, refuse_start


def run() -> None:
    """Serve until a signal; end with one sentence when the settings are wrong or the store is out of reach."""
    settings = load_settings(AuthSettings)
    try:
        auth = Auth(settings, registry=REGISTRY)
    except KeyRingBroken as broken:
        refuse_start(f"Wrong settings: AUTH_KEY_RING_DIR {broken}.", EXIT_SETTINGS)

    async def check_start() -> None:
        client = redis_client(settings.redis_url)
        try:
            await client.ping()
        except AuthenticationError:
            raise StartRefused("AUTH_REDIS_URL names a server that refuses its user or password.") from None
        except (RedisError, OSError):
            raise StartRefused("AUTH_REDIS_URL names a server that does not answer.") from None
        finally:
            await client.aclose()

    # What was loaded so far lives as long as the process, and requests leave few cycles behind: the collector need not
    # walk the one again and again, nor stop the others every few hundred allocations (it cost a sixth of each request).
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    serve("auth", settings, auth.asgi, auth.health, check_start, proxy_headers=False)
