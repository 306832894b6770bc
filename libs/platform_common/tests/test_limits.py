"""Bounds of a request: its size, its time; HEAD wherever there is GET."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from platform_common.limits import BodyLimitMiddleware, DeadlineMiddleware, HeadMiddleware


@pytest.fixture
def let_go() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def client(let_go) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()

    @app.get("/word")
    async def word() -> str:
        return "word"

    @app.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @app.get("/forever")
    async def forever() -> None:
        await asyncio.Event().wait()

    @app.get("/stubborn")
    async def stubborn() -> None:
        while not let_go.is_set():
            with suppress(asyncio.CancelledError):
                await let_go.wait()

    @app.get("/slow-stream")
    async def slow_stream() -> StreamingResponse:
        async def pieces():
            for piece in (b"1", b"2", b"3"):
                yield piece
                await asyncio.sleep(0.04)

        return StreamingResponse(pieces())

    @app.get("/own-timeout")
    async def own_timeout() -> None:
        raise TimeoutError

    app.add_middleware(HeadMiddleware)
    app.add_middleware(BodyLimitMiddleware, max_bytes=10)
    app.add_middleware(DeadlineMiddleware, seconds=0.05)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        yield client


async def in_pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x"


async def test_a_body_up_to_the_limit_reaches_the_endpoint(client):
    assert (await client.post("/echo", content=b"x" * 10)).json() == 10
    assert (await client.post("/echo", content=in_pieces(10))).json() == 10


@pytest.mark.parametrize("body", [b"x" * 11, in_pieces(11)], ids=["announced", "in pieces"])
async def test_a_longer_body_is_refused_before_the_endpoint(client, body):
    response = await client.post("/echo", content=body)

    assert response.status_code == 413
    assert response.json()["code"] == "body-too-large"


async def test_a_request_that_takes_too_long_ends_with_503(client):
    response = await client.get("/forever")

    assert response.status_code == 503
    assert response.json()["code"] == "request-timeout"
    assert response.headers["retry-after"] == "1"


async def test_what_refuses_to_be_cancelled_does_not_hold_up_the_response(client, let_go):
    response = await client.get("/stubborn")

    assert response.status_code == 503
    let_go.set()


async def test_a_response_that_has_begun_is_sent_to_its_end(client):
    response = await client.get("/slow-stream")

    assert (response.status_code, response.text) == (200, "123")


async def test_a_time_out_of_the_endpoint_itself_is_not_taken_for_the_deadline(client):
    with pytest.raises(TimeoutError):
        await client.get("/own-timeout")


async def test_head_is_get_without_the_body(client):
    got, headed = await client.get("/word"), await client.head("/word")

    assert headed.status_code == 200
    assert headed.headers == got.headers
    assert headed.content == b""


async def test_head_of_a_path_without_get_is_refused(client):
    assert (await client.head("/echo")).status_code == 405
