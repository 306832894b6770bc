"""The application: services, routes, limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx2
import structlog
from fastapi import FastAPI

from platform_common.health import Health
from platform_database.application import make_application
from platform_database.periodic_tasks import PeriodicTask, run_periodic_tasks
from platform_database.purge import purge_shared_tables
from platform_member.api import administration, credentials, email_proofs, factors, internal_members, members, passkeys
from platform_member.api.openapi import problems
from platform_member.config import MemberSettings
from platform_member.container import Services, lifespan_services
from platform_member.schema import SCHEMA

log = structlog.get_logger(__name__)


def make_app(
    settings: MemberSettings, transport: httpx2.AsyncBaseTransport | None = None, now: Callable[[], float] = time.time
) -> tuple[FastAPI, Health]:
    """Return the application and its readiness. `transport` plays the other services in tests, `now` the clock."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            lifespan_services(settings, transport, now) as services,
            run_periodic_tasks(_periodic_tasks(services)),
        ):
            app.state.services = services
            if not settings.mail_enabled:
                log.warning("mail_disabled", reason="MEMBER_MAIL_ENABLED is not set: no mails are sent")
            if settings.relying_party is None:
                log.warning(
                    "passkeys_disabled", reason="neither MEMBER_PUBLIC_URL nor MEMBER_PASSKEY_RP_ID names a domain"
                )
            yield

    return make_application(
        settings,
        SCHEMA,
        (
            members.router,
            administration.router,
            internal_members.router,
            credentials.router,
            email_proofs.router,
            factors.router,
            passkeys.router,
        ),
        problems,
        description="Accounts. Errors are problem documents (RFC 9457); GET operations support HEAD.",
        lifespan=lifespan,
    )


def _periodic_tasks(services: Services) -> list[PeriodicTask]:
    settings, sessions, outbox = services.settings, services.sessions, services.outbox
    # At the start, too: a service may have joined since the last one.
    at_once = asyncio.Event()
    at_once.set()
    return [
        PeriodicTask("outbox", settings.outbox_poll_interval_seconds, outbox.deliver_due, outbox.wake),
        PeriodicTask("missed events", settings.purge_interval_seconds, outbox.backfill, at_once),
        PeriodicTask("purge", settings.purge_interval_seconds, lambda: purge_shared_tables(sessions, outbox)),
    ]
