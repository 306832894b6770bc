"""The application: services, routes, limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI

from platform_common.health import Health, NotReady
from platform_common.limits import BodyLimitMiddleware, DeadlineMiddleware, HeadMiddleware
from platform_common.openapi import customize_openapi, operation_id
from platform_common.serving import install_defaults
from platform_database.errors import install_database_error_handlers
from platform_database.periodic_tasks import PeriodicTask, run_periodic_tasks
from platform_database.revision import SchemaOutdated, check_revision
from platform_member.api import administration, credentials, internal_members, members
from platform_member.api.openapi import problems
from platform_member.config import MemberSettings
from platform_member.container import Services, lifespan_services
from platform_member.purge import purge
from platform_member.schema import SCHEMA


def make_app(settings: MemberSettings, transport: httpx2.AsyncBaseTransport | None = None) -> tuple[FastAPI, Health]:
    """Return the application and its readiness. `transport` plays the other services in tests."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan_services(settings, transport) as services, run_periodic_tasks(_periodic_tasks(services)):
            app.state.services = services
            yield

    app = FastAPI(
        title="Member Platform: member",
        version="0.1.0",
        description="Accounts. Errors are problem documents (RFC 9457); every GET answers HEAD as well.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    for router in (members.router, administration.router, internal_members.router, credentials.router):
        app.include_router(router)
    customize_openapi(app, problems)
    install_database_error_handlers(app)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(BodyLimitMiddleware, max_bytes=settings.max_body_bytes)
    app.add_middleware(DeadlineMiddleware, seconds=settings.request_timeout_seconds)

    async def database() -> None:
        services: Services = app.state.services
        try:
            await check_revision(services.engine, SCHEMA)
        except SchemaOutdated as error:
            raise NotReady(str(error)) from error

    health = Health({"database": database})
    return install_defaults(app, health), health


def _periodic_tasks(services: Services) -> list[PeriodicTask]:
    settings, outbox = services.settings, services.outbox
    # At the start, too: a service may have joined since the last one.
    at_once = asyncio.Event()
    at_once.set()
    return [
        PeriodicTask("outbox", settings.outbox_poll_interval_seconds, outbox.deliver_due, outbox.wake),
        PeriodicTask("missed events", settings.purge_interval_seconds, outbox.backfill, at_once),
        PeriodicTask("purge", settings.purge_interval_seconds, lambda: purge(services)),
    ]
