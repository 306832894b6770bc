"""The issuer's public keys (JWKS, RFC 7517): cached, refreshed for an unknown `kid`, kept while auth is unavailable."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx2
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt import PyJWK, PyJWTError

from platform_common.problems import DependencyUnavailable

# Keys are refreshed after this time, and for an unknown `kid` at most once in that time (seconds).
MAX_AGE_SECONDS = 300.0
UNKNOWN_KID_SECONDS = 60.0

log = structlog.get_logger(__name__)

FetchJwks = Callable[[], Awaitable[Mapping[str, Any]]]


class JwksUnavailable(DependencyUnavailable):
    """No key has been fetched from the issuer yet, so tokens cannot be verified."""

    code = "jwks-unavailable"


def fetch_over_http(client: httpx2.AsyncClient, url: str) -> FetchJwks:
    """Return a fetcher of the JWKS at `url`."""

    async def fetch() -> Mapping[str, Any]:
        response = await client.get(url)
        response.raise_for_status()
        document: Mapping[str, Any] = response.json()
        return document

    return fetch


class JwksCache:
    """Public keys by `kid`. Only Ed25519 keys count: another type in the document is left out."""

    def __init__(self, fetch: FetchJwks, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """Return the key, or None when the issuer has no such key. Raises JwksUnavailable before the first fetch."""
        if self._older_than(self._fetched_at, MAX_AGE_SECONDS):
            await self._refresh(MAX_AGE_SECONDS)
        if kid not in self._keys:
            await self._refresh(UNKNOWN_KID_SECONDS)
        if self._fetched_at is None:
            raise JwksUnavailable("Signing keys are temporarily unavailable.")
        return self._keys.get(kid)

    def _older_than(self, moment: float | None, seconds: float) -> bool:
        return moment is None or self._monotonic() - moment >= seconds

    async def _refresh(self, at_most_every: float) -> None:
        async with self._lock:
            if self._fetched_at is not None and not self._older_than(self._fetched_at, at_most_every):
                return
            # A failed attempt counts too if there are keys to serve: auth may be unavailable for long.
            if self._fetched_at is not None and not self._older_than(self._asked_at, UNKNOWN_KID_SECONDS):
                return
            self._asked_at = self._monotonic()
            try:
                document = await self._fetch()
                self._keys = dict(_ed25519_keys(document))
            except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
                log.warning("jwks_unavailable", error=type(error).__name__, stale_keys=len(self._keys))
                return
            self._fetched_at = self._monotonic()


def _ed25519_keys(document: Mapping[str, Any]) -> list[tuple[str, Ed25519PublicKey]]:
    found = []
    for entry in document["keys"]:
        if not isinstance(entry, dict):
            raise TypeError("a key is not an object")
        if entry.get("kty") != "OKP" or entry.get("crv") != "Ed25519" or "kid" not in entry:
            continue
        try:
            key = PyJWK(entry, algorithm="EdDSA").key
        except PyJWTError:
            log.warning("jwks_entry_unreadable")
            continue
        if isinstance(key, Ed25519PublicKey):
            found.append((str(entry["kid"]), key))
    return found
