"""auth as other services see it at least: it publishes a key."""

from __future__ import annotations

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_testing.tokens import jwk


class PublishedKeys(httpx2.AsyncBaseTransport):
    """A transport to auth that serves only its public keys; subclasses add more."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._jwks = {"keys": [jwk(key, "k1")]}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Respond to one request."""
        if request.url.path == "/.well-known/jwks.json":
            return httpx2.Response(200, json=self._jwks)
        return await self.respond(request)

    async def respond(self, request: httpx2.Request) -> httpx2.Response:
        """Respond to other requests: none is expected."""
        raise AssertionError(f"auth has no {request.method} {request.url.path} here")
