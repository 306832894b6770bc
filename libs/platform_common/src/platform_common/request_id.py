"""The request id: read from `X-Request-ID` or generated, and added to the response and every log line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import uuid_utils

HEADER = "X-Request-ID"

# Ids go into logs and headers: what is longer or has other characters is replaced.
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{8,128}")

# Set while a request is handled (RequestIdMiddleware).
handled_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str | None:
    """Return the id of the request being handled, or None outside of one."""
    return handled_request_id.get()


def new_request_id() -> str:
    """Return a fresh id (UUIDv7: it sorts by time)."""
    return uuid_utils.uuid7().hex


def request_id_of(scope: Mapping[str, Any]) -> str:
    """Return the id a client or the edge gave, when it is well-formed, else a fresh one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return str(value, "ascii") if _ACCEPTED.fullmatch(value) else new_request_id()
    return new_request_id()
