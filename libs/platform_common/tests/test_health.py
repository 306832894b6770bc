from __future__ import annotations

import asyncio

import httpx2
import pytest
from fastapi import FastAPI

from platform_common import health as health_module
from platform_common.health import Health, NotReady
from platform_common.serving import install_defaults


async def fine() -> None:
    return None


async def broken() -> None:
    raise ConnectionError("redis://auth:hunter2@cache refused")


async def hangs() -> None:
    await asyncio.Event().wait()


async def ask(health: Health, path: str) -> httpx2.Response:
    app = install_defaults(FastAPI(), health)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://service") as client:
        return await client.get(path)


async def test_liveness_asks_nobody():
    assert (await ask(Health({"database": broken}), "/livez")).status_code == 200


async def test_readiness_is_given_when_every_component_responds():
    assert (await ask(Health({"database": fine, "redis": fine}), "/readyz")).status_code == 200


async def test_readiness_says_which_component_fails_and_keeps_addresses_to_itself():
    response = await ask(Health({"database": fine, "redis": broken}), "/readyz")

    assert response.status_code == 503
    assert response.json()["failing"] == {"redis": "does not respond"}
    assert "hunter2" not in response.text


async def test_a_component_that_hangs_counts_as_failed(monkeypatch):
    monkeypatch.setattr(health_module, "CHECK_TIMEOUT", 0.05)

    response = await ask(Health({"redis": hangs}), "/readyz")

    assert response.json()["failing"]["redis"].startswith("did not respond within")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_a_process_that_is_stopping_is_alive_but_not_ready(path):
    health = Health({"database": fine})
    health.draining = True

    assert (await ask(health, path)).status_code == (200 if path == "/livez" else 503)


async def test_a_component_that_responds_and_is_not_fit_says_why():
    async def outdated() -> None:
        raise NotReady("lacks a migration")

    assert (await ask(Health({"database": outdated}), "/readyz")).json()["failing"] == {"database": "lacks a migration"}
