"""CORS: what scripts of other origins may send beyond the plainest requests, and may read of a response."""

from __future__ import annotations

ALLOWED_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "X-Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Request-ID",
)
EXPOSED_HEADERS = (
    "ETag",
    "Idempotency-Status",
    "Idempotency-Stored",
    "Idempotent-Replayed",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
)
