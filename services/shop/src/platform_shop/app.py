"""The application: parts, routes, limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI

from platform_common.health import Health, NotReady
from platform_common.limits import BodyLimitMiddleware, DeadlineMiddleware, HeadMiddleware
from platform_common.openapi import complete_document, operation_id
from platform_common.serving import outfit
from platform_database.background import Work, background_work
from platform_database.failures import install_database_failures
from platform_database.revision import SchemaOutdated, check_revision
from platform_shop.cart import endpoints as cart
from platform_shop.cart import internal as cart_internal
from platform_shop.catalogue import endpoints as catalogue
from platform_shop.config import ShopSettings
from platform_shop.erasure import endpoints as erasure
from platform_shop.openapi import problems
from platform_shop.orders import endpoints as orders
from platform_shop.parts import Parts, running_parts
from platform_shop.payments import endpoints as payments
from platform_shop.purge import purge
from platform_shop.schema import SCHEMA


def make_app(
    settings: ShopSettings,
    transport: httpx2.AsyncBaseTransport | None = None,
    providers_transport: httpx2.AsyncBaseTransport | None = None,
) -> tuple[FastAPI, Health]:
    """Return the application and its readiness. The transports play others in tests: see `running_parts`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running_parts(settings, transport, providers_transport) as parts, background_work(_works(parts)):
            app.state.parts = parts
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
        cart_internal.router,
        orders.router,
        payments.router,
        erasure.router,
    ):
        app.include_router(router)
    complete_document(app, problems)
    install_database_failures(app)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(BodyLimitMiddleware, max_bytes=settings.max_body_bytes)
    app.add_middleware(DeadlineMiddleware, seconds=settings.request_timeout_seconds)

    async def database() -> None:
        parts: Parts = app.state.parts
        try:
            await check_revision(parts.engine, SCHEMA)
        except SchemaOutdated as error:
            raise NotReady(str(error)) from error

    health = Health({"database": database})
    return outfit(app, health), health


def _works(parts: Parts) -> list[Work]:
    settings, outbox = parts.settings, parts.outbox
    return [
        Work("outbox", settings.outbox_poll_interval_seconds, outbox.deliver_due, outbox.wake),
        Work("payments", settings.payment_sweep_interval_seconds, parts.sweep.run),
        Work("purge", settings.purge_interval_seconds, lambda: purge(parts)),
    ]
