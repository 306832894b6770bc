"""The request id: taken from `X-Request-ID` or made, kept for the request, put into the answer and every log line."""

from __future__ import annotations

import re
from contextvars import ContextVar

import uuid_utils
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from platform_common.middleware import HttpMiddleware

HEADER = "X-Request-ID"

# Ids go into logs and headers: what is longer or has other characters is replaced.
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{8,128}")

_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str | None:
    """Return the id of the request being handled, or None outside of one."""
    return _current.get()


def new_request_id() -> str:
    """Return a fresh id (UUIDv7: it sorts by time)."""
    return uuid_utils.uuid7().hex


def request_id_of(scope: Scope) -> str:
    """Return the id a client or the edge gave, when it is well-formed, else a fresh one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return str(value, "ascii") if _ACCEPTED.fullmatch(value) else new_request_id()
    return new_request_id()


class RequestIdMiddleware(HttpMiddleware):
    """Give every request an id."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` with the id set, and answer with it."""
        request_id = request_id_of(scope)
        token = _current.set(request_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            _current.reset(token)
