"""What `/auth/verify` writes to the connection of the real server: the shortcut and ASGI send the same."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from platform_auth.verify.fast_response import FastResponse, InvalidHeader, encode_head

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Wire:
    """A connection on which requests are written as bytes."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    def send(self, *lines, body=""):
        """Write a request of these lines."""
        self._writer.write(("\r\n".join([*lines, "", ""]) + body).encode())

    async def head(self):
        """Read one head: status line, and headers by lower-case name."""
        async with asyncio.timeout(10):
            raw = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = raw.strip().split("\r\n")
        return status, dict(line.split(": ", 1) for line in lines)

    async def read(self, count):
        """Read so many bytes."""
        async with asyncio.timeout(10):
            return await self._reader.readexactly(count)

    async def closed(self):
        """Say whether the other side has closed."""
        async with asyncio.timeout(10):
            return await self._reader.read() == b""


@pytest.fixture
def server_options():
    return {"server_header": False, "date_header": False}


@pytest.fixture
async def wire(auth, server_options):
    """A connection to uvicorn with the service."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        auth.asgi,
        interface="asgi3",
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        **server_options,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    yield Wire(reader, writer)
    writer.close()
    server.should_exit = True
    await running


@pytest.fixture
async def token(client):
    return (await client.tokens())["access_token"]


@pytest.fixture
def shortcuts(monkeypatch):
    """For each response, whether it took the shortcut."""
    taken = []
    write = FastResponse.write

    def recorded(self, send, head):
        taken.append(write(self, send, head))
        return taken[-1]

    monkeypatch.setattr(FastResponse, "write", recorded)
    return taken


def ask(token, *more, method="GET", version="1.1"):
    return [f"{method} /auth/verify HTTP/{version}", "Host: auth", f"Authorization: Bearer {token}", *more]


def expected(token, member):
    return {
        "x-auth-subject": member.accounts["ada@example.com"]["member"]["id"],
        "x-auth-roles": "member",
        "authorization": f"Bearer {token}",
        "cache-control": "no-store",
        "content-length": "0",
    }


async def test_the_shortcut_sends_the_response_that_asgi_sends_and_keeps_the_connection(wire, token, member, shortcuts):
    for _ in range(3):
        wire.send(*ask(token))
        status, headers = await wire.head()
        assert status == "HTTP/1.1 200 OK"
        assert headers.pop("x-auth-session")
        assert headers == expected(token, member)

    assert shortcuts == [False, True, True], "the first response goes by ASGI, whatever the server"


@pytest.mark.parametrize("server_options", [{"server_header": True, "date_header": True}])
async def test_a_server_with_default_headers_responds_by_asgi(wire, token, member, shortcuts):
    wire.send(*ask(token))

    status, headers = await wire.head()

    assert status == "HTTP/1.1 200 OK"
    assert headers.pop("x-auth-session")
    assert {headers.pop("server"), bool(headers.pop("date"))} == {"uvicorn", True}
    assert headers == expected(token, member)
    assert shortcuts == [False]


@pytest.mark.parametrize("line", ["Connection: close", None])
async def test_a_connection_that_is_to_close_is_closed(wire, token, shortcuts, line):
    wire.send(*ask(token))
    await wire.head()
    wire.send(*(ask(token, line) if line else ask(token, version="1.0")))

    status, headers = await wire.head()

    assert status == "HTTP/1.1 200 OK"
    assert headers.get("connection", "close") == "close"  # older releases of uvicorn close without it
    assert await wire.closed()
    assert len(shortcuts) == 2


async def test_head_gets_a_head_response(wire, token):
    wire.send(*ask(token, method="HEAD"))
    assert (await wire.head())[0] == "HTTP/1.1 200 OK"
    wire.send(*ask("wrong", method="HEAD"))
    assert (await wire.head())[0] == "HTTP/1.1 401 Unauthorized"
    wire.send(*ask(token))

    assert (await wire.head())[0] == "HTTP/1.1 200 OK"


async def test_pipelined_requests_get_responses_in_order(wire, token):
    for value in (token, "wrong", token, token):
        wire.send(*ask(value))

    for status in ("200 OK", "401 Unauthorized", "200 OK", "200 OK"):
        line, headers = await wire.head()
        assert line == f"HTTP/1.1 {status}"
        await wire.read(int(headers["content-length"]))


async def test_a_request_with_a_body_leaves_the_connection_in_step(wire, token):
    for _ in range(2):
        wire.send(*ask(token, "Content-Length: 11"), body="GET / HTTP/")
        assert (await wire.head())[0] == "HTTP/1.1 200 OK"


async def test_a_request_that_expects_a_go_ahead_gets_one(wire, token):
    wire.send(*ask(token, "Expect: 100-continue", "Content-Length: 0"))

    assert (await wire.head())[0] == "HTTP/1.1 200 OK"


async def test_a_token_with_anything_else_in_it_is_refused(wire, token):
    """Lenient decoders would pass over these; what passed would be written into the response's head."""
    for spelling in (f"{token} x", f"{token}\tx", f"{token[:20]} {token[20:]}", f"{token}=", f"{token},{token}"):
        wire.send(*ask(spelling))
        status, headers = await wire.head()
        assert status == "HTTP/1.1 401 Unauthorized"
        await wire.read(int(headers["content-length"]))


@pytest.mark.parametrize(
    "header",
    [(b"x-a", b"1\r\nx-b: 2"), (b"x-a", b"1\n"), (b"x-a\r\nx-b", b"1"), (b"x a", b"1"), (b"x-a", b"\x00"), (b"", b"")],
)
def test_a_header_that_would_break_the_head_is_refused(header):
    with pytest.raises(InvalidHeader):
        encode_head((header,), b"last")


async def test_a_role_that_would_break_the_head_is_no_role(client, auth):
    for role in ("admin\r\nX-Auth-Roles: admin", "ädmin", "member,admin"):
        forged = auth.tokens.issue("0198-0", "s", (role,), 0, ("pwd",), 7200)
        assert (await client.verify(forged)).status_code == 401


async def test_a_server_without_a_known_state_responds_by_asgi():
    sent = []

    class Server:
        async def send(self, message):
            sent.append(message)

    fast_response, server = FastResponse(), Server()
    for _ in range(2):
        assert not fast_response.write(server.send, HEAD)
        await fast_response.send(server.send, ((b"content-length", b"0"),), HEAD)

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"] * 2


class OneMoreAttribute(RequestResponseCycle):
    """A server that keeps something more."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.trailers = []


class OtherBytes(RequestResponseCycle):
    """A server that writes headers in another way."""

    async def send(self, message):
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"x-more", b"1")]}
        await super().send(message)


class OtherState(RequestResponseCycle):
    """A server that leaves another state."""

    async def send(self, message):
        await super().send(message)
        self.more_body: Any = "done"


class OtherCalls(RequestResponseCycle):
    """A server that needs more of its transport."""

    async def send(self, message):
        self.transport.get_extra_info("socket")
        await super().send(message)


@pytest.mark.parametrize("server", [OneMoreAttribute, OtherBytes, OtherState, OtherCalls])
async def test_a_server_that_has_changed_responds_by_asgi(monkeypatch, wire, token, member, shortcuts, logs, server):
    monkeypatch.setattr(httptools_impl, "RequestResponseCycle", server)

    for _ in range(3):
        wire.send(*ask(token))
        status, headers = await wire.head()
        assert status == "HTTP/1.1 200 OK"
        assert headers.pop("x-auth-session")
        assert headers.pop("x-more", "1") == "1"
        assert headers == expected(token, member)

    assert shortcuts == [False] * 3
    assert [entry["event"] for entry in logs].count("fast_response_disabled") == 1


def test_auth_does_not_import_the_server_s_protocol_at_its_start():
    code = "import sys, platform_auth.serving; sys.exit('uvicorn.protocols.http.httptools_impl' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
