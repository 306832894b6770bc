"""A small service for test_serving: one slow path, one that fails."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from pydantic_settings import SettingsConfigDict

from platform_common.health import Health
from platform_common.serving import StartupError, install_defaults, serve
from platform_common.settings import ServiceSettings, load_settings


class ExampleSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="EXAMPLE_")

    database_away: bool = False
    database_hangs: bool = False


def main() -> None:
    settings = load_settings(ExampleSettings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI):
        yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/slow/{seconds}")
    async def slow(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    @app.get("/client")
    async def client(request: Request) -> str:
        assert request.client is not None
        return request.client.host

    async def startup_check() -> None:
        if settings.database_hangs:
            await asyncio.Event().wait()
        if settings.database_away:
            raise StartupError("EXAMPLE_DATABASE_AWAY: the database does not answer.")

    health = Health({})
    serve("example", settings, install_defaults(app, health), health, startup_check)


if __name__ == "__main__":
    main()
