from __future__ import annotations

from platform_common.middleware import HttpMiddleware, on_response_start


class Recorder(HttpMiddleware):
    """Notes what it handles and marks responses."""

    def __init__(self, app):
        super().__init__(app)
        self.handled = []

    async def handle(self, scope, receive, send):
        self.handled.append(scope["type"])
        await self.app(scope, receive, on_response_start(send, lambda message: message.update(status=201)))


async def test_http_is_handled_and_everything_else_is_passed_on():
    sent = []

    async def app(scope, _receive, send):
        kind = "http.response" if scope["type"] == "http" else scope["type"]
        await send({"type": f"{kind}.start", "status": 200})
        await send({"type": f"{kind}.body"})

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.disconnect"}

    middleware = Recorder(app)
    for kind in ("http", "lifespan"):
        await middleware({"type": kind}, receive, send)

    assert middleware.handled == ["http"]
    assert [message.get("status") for message in sent] == [201, None, 200, None]
