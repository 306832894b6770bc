"""Create the visitor of each request, and write its cookies to the response."""

from __future__ import annotations

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from platform_common.middleware import HttpMiddleware, on_response_start
from platform_web.assets.bundle import PREFIX as ASSETS
from platform_web.visitor.cookies import CookieRules
from platform_web.visitor.visitor import STATE, Visitor

log = structlog.get_logger(__name__)


def may_be_cached(cache_control: str) -> bool:
    """Whether a shared cache may store a response with this `Cache-Control` (RFC 9111, section 3)."""
    directives = {directive.strip().lower() for directive in cache_control.split(",")}
    return not directives & {"no-store", "private"}


class VisitorMiddleware(HttpMiddleware):
    """Puts a `Visitor` into the request's state.

    Responses to a visitor are not cacheable (ASVS 14.3.2), and a cacheable response sets no cookie: a cache would pass
    one visitor's session to the next. Nor does a response about an asset: the edge brings no cookies to those paths, so
    the page of a missing one would replace the visitor's own and make the forms of all open pages invalid.
    """

    def __init__(self, app: ASGIApp, rules: CookieRules) -> None:
        super().__init__(app)
        self._rules = rules

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` for the visitor."""
        visitor = Visitor.from_scope(scope, self._rules)
        scope.setdefault("state", {})[STATE] = visitor

        def set_cookies(message: Message) -> None:
            headers = MutableHeaders(scope=message)
            headers.setdefault("Cache-Control", "no-store")
            if scope["path"].startswith(ASSETS):
                visitor.set_cookies.clear()
            if visitor.set_cookies and may_be_cached(headers["Cache-Control"]):
                log.error("cookies_on_cacheable_response", path=scope["path"], cookies=sorted(visitor.set_cookies))
                visitor.set_cookies.clear()
            for line in visitor.set_cookies.values():
                headers.append("Set-Cookie", line)

        await self.app(scope, receive, on_response_start(send, set_cookies))
