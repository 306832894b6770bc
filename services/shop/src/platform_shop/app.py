"""The application: services, routes, limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI

from platform_common.health import Health
from platform_database.application import make_application
from platform_database.periodic_tasks import PeriodicTask, run_periodic_tasks
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

    return make_application(
        settings,
        SCHEMA,
        (catalogue.router, cart.router, orders.router, payment_events.router, internal_members.router),
        problems,
        description="Catalogue, carts, orders. Errors are problem documents (RFC 9457); GET operations support HEAD.",
        lifespan=lifespan,
    )


def _periodic_tasks(services: Services) -> list[PeriodicTask]:
    settings, outbox = services.settings, services.outbox
    return [
        PeriodicTask("outbox", settings.outbox_poll_interval_seconds, outbox.deliver_due, outbox.wake),
        PeriodicTask("payments", settings.payment_sweep_interval_seconds, services.reconciler.reconcile_due),
        PeriodicTask("purge", settings.purge_interval_seconds, lambda: purge(services)),
    ]
