"""The services behind web, played by fakes that speak HTTP, so that they can fail in every way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web as aiohttp_web

MEMBER_ID = "01990000-0000-7000-8000-000000000001"

MEMBER = {
    "id": MEMBER_ID,
    "email": "ada@example.com",
    "display_name": "Ada",
    "locale": "en",
    "roles": ["member"],
    "status": "active",
    "version": 3,
    "created_at": "2026-01-02T03:04:05Z",
    "updated_at": "2026-01-02T03:04:05Z",
}


class FakeService:
    """A fake service with configured responses that records its requests."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        self.slow = asyncio.Event()
        # Returns the status by which a request is refused, or None.
        self.refuses: Callable[[dict[str, Any]], int | None] = lambda _request: None
        self._responses: dict[tuple[str, str], Any] = {}
        self._runner: aiohttp_web.ServerRunner | None = None

    def on(self, method: str, path: str, status: int, body: Any = None, **headers: str) -> None:
        """Respond to a request with `status` and `body` from now on."""
        self._responses[method, path] = (
            status,
            body,
            {name.replace("_", "-"): value for name, value in headers.items()},
        )

    def refuse(self, method: str, path: str, status: int, code: str, **more: Any) -> None:
        """Respond to a request with a problem from now on."""
        self.on(
            method, path, status, {"type": f"/problems/{code}", "title": code, "status": status, "code": code, **more}
        )

    def hang(self, method: str, path: str) -> None:
        """Never respond to a request."""
        self._responses[method, path] = "hang"

    def cut(self, method: str, path: str, times: int = 1000) -> None:
        """Close the connection instead of sending the first `times` responses."""
        self._responses[method, path] = ["cut", times, self._responses.get((method, path))]

    def asked(self, method: str, path: str) -> list[dict[str, Any]]:
        """Return the requests of one kind."""
        return [request for request in self.requests if (request["method"], request["path"]) == (method, path)]

    async def start(self) -> None:
        """Listen."""
        self._runner = aiohttp_web.ServerRunner(aiohttp_web.Server(self._handle))
        await self._runner.setup()
        site = aiohttp_web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Go away."""
        self.slow.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: aiohttp_web.BaseRequest) -> aiohttp_web.StreamResponse:
        body = await request.read()
        self.requests.append(
            {
                "method": request.method,
                "path": request.path,
                "query": dict(request.query),
                "headers": request.headers,
                "body": body,
                "json": json.loads(body) if body else None,
            }
        )
        refused = self.refuses(self.requests[-1])
        if refused is not None:
            return aiohttp_web.json_response({"code": "refused"}, status=refused)
        response = self._responses.get((request.method, request.path))
        if isinstance(response, list):
            if response[1] > 0:
                response[1] -= 1
                assert request.transport is not None
                request.transport.close()
                return aiohttp_web.Response()
            response = response[2]
        if response == "hang":
            await self.slow.wait()
        if not isinstance(response, tuple):
            problem = {"type": "/problems/not-found", "title": "Not found", "status": 404, "code": "not-found"}
            return aiohttp_web.json_response(problem, status=404)
        status, document, headers = response
        return aiohttp_web.Response(
            status=status,
            body=b"" if document is None else json.dumps(document).encode(),
            headers={"Content-Type": "application/json", **headers},
        )


class Services:
    """The services behind web."""

    def __init__(self) -> None:
        self.auth, self.member, self.shop = (FakeService(name) for name in ("auth", "member", "shop"))

    def __iter__(self):
        return iter((self.auth, self.member, self.shop))
