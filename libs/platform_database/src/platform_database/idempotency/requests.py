"""Build an IdempotentRequest from an HTTP request."""

from __future__ import annotations

from fastapi import Request
from pydantic import SecretStr

from platform_database.idempotency.fingerprint import request_fingerprint
from platform_database.idempotency.store import IdempotentRequest


async def idempotent_request(request: Request, key: str, scope: str, fingerprint_key: SecretStr) -> IdempotentRequest:
    """Return `request` under its key; the fingerprint covers method, path, query, content type and body."""
    digest = request_fingerprint(
        fingerprint_key.get_secret_value(),
        request.method.encode(),
        request.url.path.encode(),
        request.url.query.encode(),
        request.headers.get("content-type", "").encode(),
        await request.body(),
    )
    return IdempotentRequest(scope, key, digest)
