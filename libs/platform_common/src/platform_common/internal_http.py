"""HTTP client for calls between services: persistent connections, timeouts, request id, service token."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

from platform_common.request_id import HEADER, current_request_id
from platform_common.tokens.service import ServiceTokenIssuer

# Names the client on whose behalf a service calls, by an opaque key: queues are fair between clients.
CLIENT_KEY_HEADER = "X-Client-Key"
# Timeout of a call inside the platform (seconds).
TIMEOUT = httpx2.Timeout(5.0, connect=1.0)
LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30.0)
# Attempts to connect after the first: at once, after 0.5 s and after 1 s more. A service that is ready refuses
# connections until its address has reached every node. Nothing was sent by then, so every method may be retried.
CONNECT_RETRIES = 3


def internal_client(
    base_url: str,
    audience: str | None = None,
    tokens: ServiceTokenIssuer | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
    timeout: httpx2.Timeout = TIMEOUT,
) -> httpx2.AsyncClient:
    """Return a client for the service `audience` at `base_url`.

    With `tokens`, each request carries a service token unless it brings an `Authorization` of its own.
    `transport` takes the place of the network in tests.
    """
    stamp = _stamp(audience, tokens)

    async def on_request(request: httpx2.Request) -> None:
        stamp(request)

    return httpx2.AsyncClient(
        base_url=base_url,
        timeout=timeout,
        transport=transport or httpx2.AsyncHTTPTransport(limits=LIMITS, retries=CONNECT_RETRIES, trust_env=False),
        event_hooks={"request": [on_request]},
        follow_redirects=False,
        trust_env=False,
    )


def _stamp(audience: str | None, tokens: ServiceTokenIssuer | None) -> Callable[[httpx2.Request], None]:
    def stamp(request: httpx2.Request) -> None:
        if request_id := current_request_id():
            request.headers.setdefault(HEADER, request_id)
        if tokens and audience:
            request.headers.setdefault("Authorization", f"Bearer {tokens.token_for(audience)}")

    return stamp
