"""Makes the visitor of each request, and writes its cookies on the answer, whichever part of web answers."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.visitor.cookies import CookieRules
from web.visitor.visitor import STATE, Visitor


class VisitorMiddleware:
    """Puts a `Visitor` into the request's state. Nothing that a visitor gets may be kept by a cache (ASVS 14.3.2)."""

    def __init__(self, app: ASGIApp, rules: CookieRules) -> None:
        self.app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` for the visitor."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visitor = Visitor.of(scope, self._rules)
        scope.setdefault("state", {})[STATE] = visitor

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                for line in visitor.set_cookies.values():
                    headers.append("Set-Cookie", line)
            await send(message)

        await self.app(scope, receive, send_with_cookies)
