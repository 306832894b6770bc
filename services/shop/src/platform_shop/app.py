"""The application: services, routes, limits."""

from __future__ import annotations

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
from platform_shop.api import cart, catalogue, internal_members, orders, payment_events
from platform_shop.api.openapi import problems
from platform_shop.config import ShopSettings
from platform_shop.container import Services, lifespan_services
from platform_shop.purge import purge
from platform_shop.schema import SCHEMA


def make_app(
    settings: ShopSettings,
    transport: httpx2.AsyncBaseTransport | None = None,
    providers_transport: httpx2.AsyncBaseTransport | None = None,
) -> tuple[FastAPI, Health]:
    """Return the application and its readiness. The transports play others in tests: see `lifespan_services`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            lifespan_services(settings, transport, providers_transport) as services,
            run_periodic_tasks(_periodic_tasks(services)),
        ):
            app.state.services = services
            yield

    app = FastAPI(
        title="Member Platform: shop",
        version="0.1.0",
        description="Catalogue, carts, orders. Errors are problem documents (RFC 9457); a GET answers HEAD as well.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    for router in (
        catalogue.router,
        cart.router,
        orders.router,
        payment_events.router,
        internal_members.router,
    ):
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
    return [
        PeriodicTask("outbox", settings.outbox_poll_interval_seconds, outbox.deliver_due, outbox.wake),
        PeriodicTask("payments", settings.payment_sweep_interval_seconds, services.reconciler.reconcile_due),
        PeriodicTask("purge", settings.purge_interval_seconds, lambda: purge(services)),
    ]
