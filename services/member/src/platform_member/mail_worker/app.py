"""The worker's process: probes and metrics over HTTP like every service's, and the worker beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from platform_common.health import Health
from platform_common.serving import install_defaults
from platform_database.application import schema_check
from platform_database.engine import make_engine
from platform_database.periodic_tasks import PeriodicTask, run_periodic_tasks
from platform_member.config import MailWorkerSettings
from platform_member.confirmations.secrets import ConfirmationSecrets
from platform_member.mail_worker.contents import Contents
from platform_member.mail_worker.rendering import Brand, Renderer
from platform_member.mail_worker.smtp import MailServer
from platform_member.mail_worker.worker import MailWorker
from platform_member.schema import SCHEMA


@dataclass(frozen=True)
class Services:
    """What the worker is made of."""

    engine: AsyncEngine
    worker: MailWorker


def make_worker_app(settings: MailWorkerSettings) -> tuple[FastAPI, Health]:
    """Return the application and its readiness. Raises StartupError for a missing or broken template."""
    renderer = Renderer(_brand(settings))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = make_engine(settings)
        secrets = ConfirmationSecrets(settings.fingerprint_key.get_secret_value())
        contents = Contents(secrets, settings.public_url)
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        worker = MailWorker(sessions, contents, renderer, _server(settings))
        app.state.services = Services(engine, worker)
        task = PeriodicTask("mail", settings.mail_poll_interval_seconds, worker.send_due)
        try:
            async with run_periodic_tasks([task]):
                yield
        finally:
            await engine.dispose()

    app = FastAPI(title="Member Platform: mail worker", lifespan=lifespan, openapi_url=None)
    health = Health({"database": schema_check(app, SCHEMA)})
    return install_defaults(app, health), health


def _brand(settings: MailWorkerSettings) -> Brand:
    return Brand(
        site_name=settings.mail_site_name,
        public_url=settings.public_url,
        sender=settings.mail_sender,
        sender_name=settings.mail_sender_name or settings.mail_site_name,
        reply_to=settings.mail_reply_to,
        color=settings.mail_color,
        footer=settings.mail_footer,
    )


def _server(settings: MailWorkerSettings) -> MailServer:
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        timeout_seconds=settings.smtp_timeout_seconds,
    )
