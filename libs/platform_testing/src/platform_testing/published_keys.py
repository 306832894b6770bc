"""auth as other services see it at least: it publishes a key."""

from __future__ import annotations

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_testing.tokens import jwk


class PublishedKeys(httpx2.AsyncBaseTransport):
    """A transport to auth that knows its public keys and nothing else; what is more, a subclass answers."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._jwks = {"keys": [jwk(key, "k1")]}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        if request.url.path == "/.well-known/jwks.json":
            return httpx2.Response(200, json=self._jwks)
        return await self.answer(request)

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer what is not about keys: here a test calls what it should not."""
        raise AssertionError(f"auth has no {request.method} {request.url.path} here")
