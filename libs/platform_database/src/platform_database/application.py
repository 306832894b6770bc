"""The FastAPI application of a service with tables: limits, error handlers, OpenAPI conventions and readiness."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from platform_common.health import Check, Health, NotReady
from platform_common.limits import BodyLimitMiddleware, DeadlineMiddleware, HeadMiddleware
from platform_common.openapi import ProblemResponses, customize_openapi, operation_id
from platform_common.serving import install_defaults
from platform_database.errors import install_database_error_handlers
from platform_database.revision import SchemaOutdated, check_revision
from platform_database.schema import Schema
from platform_database.settings import ApiSettings

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class HasEngine(Protocol):
    """What `app.state.services` of a service with tables has."""

    @property
    def engine(self) -> AsyncEngine:
        """The engine of the service's role."""


def make_application(
    settings: ApiSettings,
    schema: Schema,
    routers: Iterable[APIRouter],
    problems: ProblemResponses,
    *,
    description: str,
    lifespan: Lifespan,
) -> tuple[FastAPI, Health]:
    """Return the application of `routers` and its readiness; `lifespan` sets `app.state.services`."""
    app = FastAPI(
        title=f"Member Platform: {schema.service}",
        version="0.1.0",
        description=description,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    for router in routers:
        app.include_router(router)
    customize_openapi(app, problems)
    install_database_error_handlers(app)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(BodyLimitMiddleware, max_bytes=settings.max_body_bytes)
    app.add_middleware(DeadlineMiddleware, seconds=settings.request_timeout_seconds)
    health = Health({"database": schema_check(app, schema)})
    return install_defaults(app, health), health


def schema_check(app: FastAPI, schema: Schema) -> Check:
    """Return a readiness check: the database of `app.state.services` answers and has the tables of `schema`."""

    async def check() -> None:
        services: HasEngine = app.state.services
        try:
            await check_revision(services.engine, schema)
        except SchemaOutdated as error:
            raise NotReady(str(error)) from error

    return check
