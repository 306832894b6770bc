"""Connections to the store that are reset while they are idle, on the event loop that serves: no request fails."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

import pytest

from platform_auth.serving import wait_for_store

# Closing with this option sends a reset, as a firewall that forgot the connection does.
RESET = struct.pack("ii", 1, 0)


class Relay:
    """A TCP relay to the store that can reset every connection, or stop taking any."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def start(self):
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        self.reset()

    def reset(self) -> int:
        """Reset every connection; return how many there were."""
        open_ones = [writer for writer in self._clients if not writer.is_closing()]
        self._clients.clear()
        for writer in open_ones:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        return len(open_ones)

    async def _relay(self, reader, writer):
        self._clients.add(writer)
        store_reader, store_writer = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(self._pump(reader, store_writer), self._pump(store_reader, writer))

    async def _pump(self, reader, writer):
        with suppress(ConnectionError, RuntimeError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()


@pytest.fixture
async def relay(clean_valkey):
    relay = Relay(clean_valkey.port)
    await relay.start()
    yield relay
    await relay.stop()


@pytest.fixture
def settings(settings, relay, clean_valkey):
    url = clean_valkey.url("auth", 1).replace(f":{clean_valkey.port}/", f":{relay.port}/")
    return settings.model_copy(update={"redis_url": type(settings.redis_url)(url)})


@pytest.fixture
def fill_pool(client):
    """Return what opens connections, by requests at once."""

    async def fill(token):
        responses = await asyncio.gather(*(client.get("/auth/sessions", token) for _ in range(10)))
        assert {response.status_code for response in responses} == {200}

    return fill


async def pass_a_turn():
    """Let the loop see the resets, as it has long done when the next request comes."""
    for _ in range(20):
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("seen", [True, False], ids=["reset noticed", "reset not noticed yet"])
async def test_no_request_fails_when_every_connection_was_reset(client, relay, fill_pool, service_token, seen):
    tokens = await client.tokens()
    access = tokens["access_token"]
    requests = [
        lambda: client.login(),
        lambda: client.get("/auth/sessions", access),
        lambda: client.refresh(tokens["refresh_token"]),
        lambda: client.verify(access),
        lambda: client.http.get("/readyz"),
        lambda: client.http.post("/auth/register", json={"email": "x", "password": "y", "display_name": "z"}),
        lambda: client.login(password="wrong"),
        lambda: client.post(
            "/auth/password", access, json={"current_password": "wrong", "new_password": "battery staple"}
        ),
        lambda: client.http.delete("/internal/members/0198-9/sessions?epoch=1", headers=service_token),
        lambda: client.delete("/auth/sessions/x", access),
        lambda: client.post("/auth/logout", access),
    ]
    expected = [200, 200, 200, 200, 200, 422, 401, 422, 204, 404, 204]
    statuses = []
    for request in requests:
        if len(statuses) + 1 < len(requests):
            await fill_pool(access)
        assert relay.reset() > 0
        if seen:
            await pass_a_turn()
        statuses.append((await request()).status_code)

    assert statuses == expected


async def test_requests_at_once_on_reset_connections_do_not_fail(client, relay, fill_pool):
    access = (await client.tokens())["access_token"]
    await fill_pool(access)
    assert relay.reset() >= 10
    await pass_a_turn()

    responses = await asyncio.gather(*(client.get("/auth/sessions", access) for _ in range(20)), client.login())

    assert {response.status_code for response in responses} == {200}


async def test_a_store_that_takes_no_connection_is_503(client, relay, fill_pool):
    tokens = await client.tokens()
    await fill_pool(tokens["access_token"])
    await relay.stop()
    await pass_a_turn()

    responses = [
        await client.login(),
        await client.refresh(tokens["refresh_token"]),
        await client.get("/auth/sessions", tokens["access_token"]),
        await client.verify(tokens["access_token"]),
        await client.http.get("/readyz"),
    ]

    assert {response.status_code for response in responses} == {503}
    assert {response.headers["Retry-After"] for response in responses} == {"1"}
    await relay.start()
    assert (await client.login()).status_code == 200


async def test_a_start_waits_out_resets(settings, relay):
    waiting = asyncio.create_task(wait_for_store(settings.redis_url))
    for _ in range(5):
        relay.reset()
        await asyncio.sleep(0.001)

    await waiting
