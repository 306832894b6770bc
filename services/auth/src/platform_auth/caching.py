"""Responses of auth are not cacheable unless they declare it (ASVS 14.3.2)."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from platform_common.middleware import HttpMiddleware, on_response_start


class NoStoreMiddleware(HttpMiddleware):
    """Sets `Cache-Control: no-store` where a response has no `Cache-Control`."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app`."""

        def add_header(message: Message) -> None:
            MutableHeaders(scope=message).setdefault("Cache-Control", "no-store")

        await self.app(scope, receive, on_response_start(send, add_header))
