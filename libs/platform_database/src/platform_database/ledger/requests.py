"""A request's key and fingerprint, as the ledger takes them."""

from __future__ import annotations

from fastapi import Request
from pydantic import SecretStr

from platform_database.ledger.fingerprint import fingerprint
from platform_database.ledger.service import KeyedRequest


async def keyed_request(request: Request, key: str, scope: str, fingerprint_key: SecretStr) -> KeyedRequest:
    """Return `request` under its key: method, path, query, type and body tell it from others."""
    digest = fingerprint(
        fingerprint_key.get_secret_value(),
        request.method.encode(),
        request.url.path.encode(),
        request.url.query.encode(),
        request.headers.get("content-type", "").encode(),
        await request.body(),
    )
    return KeyedRequest(scope, key, digest)
