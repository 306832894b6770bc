"""The base class of the ASGI middlewares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HttpMiddleware:
    """Calls `handle` for HTTP requests and passes everything else (lifespan, WebSocket) to `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Run the middleware; not a coroutine of its own, as every request passes several of these."""
        return (self.handle if scope["type"] == "http" else self.app)(scope, receive, send)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        raise NotImplementedError


def on_response_start(send: Send, callback: Callable[[Message], None]) -> Send:
    """Return a `send` that calls `callback` with the message that starts the response before it is sent."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            callback(message)
        await send(message)

    return wrapped
