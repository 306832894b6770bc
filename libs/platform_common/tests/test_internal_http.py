from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import anyio
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from platform_common.default_middlewares import RequestIdMiddleware
from platform_common.internal_http import internal_client
from platform_common.tokens.service import ServiceTokenIssuer, ServiceTokenVerifier

SECRET = "a key of more than thirty-two bytes for tests"


async def test_an_internal_call_carries_the_requests_id_and_a_service_token():
    seen: list[httpx2.Request] = []

    def callee(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(204)

    client = internal_client(
        "http://member", "member", ServiceTokenIssuer("auth", SECRET), transport=httpx2.MockTransport(callee)
    )

    async def caller(_request):
        await client.get("/internal/members/7")
        await client.get("/api/members/me", headers={"Authorization": "Bearer of-the-visitor"})
        return PlainTextResponse("done")

    app = RequestIdMiddleware(Starlette(routes=[Route("/", caller)]))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://auth") as outside, client:
        await outside.get("/", headers={"X-Request-ID": "outer-request-1"})

    assert [request.headers["X-Request-ID"] for request in seen] == ["outer-request-1", "outer-request-1"]
    assert ServiceTokenVerifier("member", SECRET, ["auth"]).caller(seen[0].headers["Authorization"]) == "auth"
    assert seen[1].headers["Authorization"] == "Bearer of-the-visitor"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that refuses connections until it listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_service_that_refuses_connections_at_first_gets_the_call(listener, monkeypatch):
    refused = asyncio.Event()
    connect = anyio.connect_tcp

    async def watched_connect(*arguments: Any, **options: Any) -> Any:
        try:
            return await connect(*arguments, **options)
        except OSError:
            refused.set()
            raise

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    monkeypatch.setattr(anyio, "connect_tcp", watched_connect)
    async with internal_client(url_of(listener)) as client:
        call = asyncio.create_task(client.post("/internal/credentials/verify"))
        await refused.wait()
        async with await asyncio.start_server(respond, sock=listener):
            assert (await call).status_code == 200


async def test_a_call_that_was_sent_is_not_sent_again(listener):
    received: list[bytes] = []

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async with await asyncio.start_server(close, sock=listener), internal_client(url_of(listener)) as client:
        with pytest.raises(httpx2.HTTPError):
            await client.post("/internal/credentials/verify")
    assert len(received) == 1


async def test_a_service_that_keeps_refusing_connections_is_an_error(listener):
    async with internal_client(url_of(listener)) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get("/livez")
