"""JSON bodies that no component could store or pass on are refused before any endpoint sees them."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from platform_common.health import Health
from platform_common.limits import BodyLimitMiddleware
from platform_common.serving import install_defaults


@pytest.fixture
async def client():
    app = FastAPI()
    app.add_middleware(BodyLimitMiddleware, max_bytes=200_000)
    install_defaults(app, Health({}))

    @app.post("/echo")
    async def echo(body: dict[str, Any]) -> dict[str, Any]:
        return body

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service.test") as client:
        yield client


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8", "application/x+json"])
@pytest.mark.parametrize(
    "text",
    [rb"\ud800", rb"\udc00x", rb"\ud800\ud800", b"\xed\xa0\x80", b"\xff", rb"\u0000", rb"a\\\u0000", b"\x00"],
)
async def test_text_that_cannot_be_stored_is_400(client, text, media_type):
    for body in (b'{"a": "%b"}' % text, b'{"%b": 1}' % text, b'{"a": [{"b": ["%b"]}]}' % text):
        response = await client.post("/echo", content=body, headers={"Content-Type": media_type})

        assert response.status_code == 400
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "payload-malformed"


@pytest.mark.parametrize(
    "body", [b"{", b'{"a": NaN}', b'{"a": -Infinity}', b"[" * 100_000, b'{"a": %b}' % (b"9" * 9999)]
)
async def test_what_is_not_json_is_400(client, body):
    response = await client.post("/echo", content=body, headers={"Content-Type": "application/json"})

    assert (response.status_code, response.json()["code"]) == (400, "payload-malformed")


@pytest.mark.parametrize("text", [r"\ud83d\ude00", r"\\u0000", r"\\ud800", "é", "한글", r"\u0001"])
async def test_other_text_is_accepted(client, text):
    response = await client.post(
        "/echo", content=f'{{"a": "{text}"}}'.encode(), headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 200
