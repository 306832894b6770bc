from __future__ import annotations

import httpx2
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from platform_common.internal_http import internal_client
from platform_common.request_id import RequestIdMiddleware
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
