"""A store without any memory left: nothing new begins, sessions go on, and every one of them can be ended."""

from __future__ import annotations

import pytest


@pytest.fixture
async def fill(store):
    """Return what takes the store's memory away; it has it back afterwards."""
    yield lambda: store.config_set("maxmemory", "1")
    await store.config_set("maxmemory", "0")


async def test_what_needs_memory_is_503(client, fill):
    tokens = await client.tokens()
    await fill()

    for response in (await client.login(), await client.refresh(tokens["refresh_token"])):
        assert response.status_code == 503
        assert response.json()["code"] == "session-store-unavailable"


async def test_sessions_go_on(client, fill):
    tokens = await client.tokens()
    await fill()

    assert (await client.verify(tokens["access_token"])).status_code == 200
    assert (await client.get("/auth/sessions", tokens["access_token"])).status_code == 200


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/logout-all"])
async def test_sessions_can_be_ended(client, fill, path):
    tokens = await client.tokens()
    await fill()

    assert (await client.post(path, tokens["access_token"])).status_code == 204
    assert (await client.verify(tokens["access_token"])).status_code == 401


async def test_a_refresh_that_was_refused_can_be_repeated(client, fill, store):
    tokens = await client.tokens()
    await fill()
    await client.refresh(tokens["refresh_token"])
    await store.config_set("maxmemory", "0")

    assert (await client.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_suspension_ends_the_sessions(client, fill, service_token):
    tokens = await client.tokens()
    await fill()

    response = await client.http.delete("/internal/members/0198-0/sessions?epoch=1", headers=service_token)

    # Member repeats it until there is room for the fence as well.
    assert response.status_code == 503
    assert (await client.verify(tokens["access_token"])).status_code == 401
