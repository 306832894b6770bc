"""HTTP server from which the standalone gateway's pods fetch the tables of joined routes, and to which they report.

A mounted ConfigMap reaches a pod within a minute or so; asked for by HTTP it is there within a second. Only what is
written to the ConfigMaps is given out, so a pod that starts while the operator is down finds the same routes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from platform_operator.routes.gateways.reports import GatewayReports, Report
from platform_operator.routes.tables import Tables

PATH = "/gateway/tables"


class _Question(BaseModel):
    """The serials that a pod has and that its workers follow, and the rows that it rejected."""

    have: dict[int, int] = Field(default_factory=dict)
    loaded: dict[int, int] = Field(default_factory=dict)
    refused: Annotated[dict[str, str], Field(max_length=10_000)] = Field(default_factory=dict)


@asynccontextmanager
async def serving(host: str, port: int, tables: Tables, reports: GatewayReports) -> AsyncIterator[int]:
    """Serve until the end of the block; yield the port."""

    async def respond(request: web.Request) -> web.Response:
        try:
            question = _Question.model_validate_json(await request.read())
        except ValidationError:
            raise web.HTTPBadRequest(text="The body is not a report.") from None
        if request.remote:
            reports.record(request.remote, Report(question.loaded, question.refused))
        return web.json_response({"tables": tables.documents(question.have)})

    app = web.Application(client_max_size=4 << 20)
    app.router.add_post(PATH, respond)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
