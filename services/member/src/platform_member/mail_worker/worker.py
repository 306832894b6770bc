"""Sending: lease a batch of due mails, hand them to the server, and forget those that need no further attempt."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.errors import MessageError

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from platform_member.mail import repository
from platform_member.mail.repository import LeasedMail
from platform_member.mail_worker.contents import Contents
from platform_member.mail_worker.rendering import Renderer
from platform_member.mail_worker.smtp import (
    MailDeferred,
    MailRejected,
    MailServer,
    MailServerUnavailable,
    SmtpConnection,
)

BATCH = 20
# No mail is begun after BATCH_SECONDS and none takes longer than MAIL_SECONDS, so that a batch ends before its lease.
LEASE = timedelta(seconds=300)
BATCH_SECONDS = 120.0
MAIL_SECONDS = 90.0
# The wait between attempts for a mail that the server deferred doubles from the first to the last of these (seconds).
FIRST_DELAY, LAST_DELAY = 15.0, 900.0
# The same for a server that is unavailable; it counts as an attempt of no mail.
FIRST_PAUSE, LAST_PAUSE = 1.0, 60.0

_mails = Counter("member_mails_total", "Attempts to send a mail.", ["kind", "outcome"])
_pending = Gauge("member_mails_pending", "Mails that still have to be sent.")
_server_failures = Counter("member_mail_server_failures_total", "Connections to the mail server that failed.")

log = structlog.get_logger(__name__)


class MailWorker:
    """Sends due mails; several replicas may do so at once. `clock` is in seconds, `jitter` from 0 to 1."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        contents: Contents,
        renderer: Renderer,
        server: MailServer,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._sessions = sessions
        self._contents = contents
        self._renderer = renderer
        self._server = server
        self._clock = clock
        self._jitter = jitter
        self._failures = 0
        self._resume_at = 0.0

    async def send_due(self) -> int:
        """Send a batch, and return how many mails need no further attempt; 0 while the server is unavailable."""
        if self._clock() < self._resume_at:
            return 0
        async with self._sessions.begin() as session:
            leased = await repository.lease_due(session, LEASE, BATCH)
            _pending.set(await repository.pending(session))
        done = [mail for mail in leased if mail.expired]
        for mail in done:
            await self._forget(mail, "expired")
        return len(done) + await self._send([mail for mail in leased if not mail.expired])

    async def _send(self, mails: Sequence[LeasedMail]) -> int:
        if not mails:
            return 0
        left, done, deadline = list(mails), 0, self._clock() + BATCH_SECONDS
        try:
            async with self._server.connect() as connection:
                while left and connection.is_open and self._clock() < deadline:
                    try:
                        done += await self._attempt(connection, left[0])
                    except MailServerUnavailable:
                        raise
                    except BaseException:
                        # Whether this one was accepted is unknown: its lease ends by itself.
                        left.pop(0)
                        raise
                    left.pop(0)
            self._failures = 0
        except MailServerUnavailable as error:
            self._pause(str(error))
        finally:
            if left:
                async with self._sessions.begin() as session:
                    await repository.release(session, [mail.id for mail in left])
        return done

    async def _attempt(self, connection: SmtpConnection, mail: LeasedMail) -> int:
        try:
            async with self._sessions.begin() as session:
                content = await self._contents.complete(session, mail)
            if content is None:
                await self._forget(mail, "obsolete")
                return 1
            message = self._renderer.message(
                mail.id, mail.created_at, mail.kind, mail.recipient, content.locale, content.values
            )
            async with asyncio.timeout(MAIL_SECONDS):
                await connection.send(message)
        except (MailDeferred, TimeoutError) as error:
            await self._postpone(mail, str(error) or type(error).__name__)
            return 0
        except MailRejected as error:
            await self._forget(mail, "rejected", str(error))
        except (ValueError, MessageError) as error:
            # No message can be made of it; it must not stop the others.
            await self._forget(mail, "rejected", type(error).__name__)
        else:
            await self._forget(mail, "sent")
        return 1

    async def _forget(self, mail: LeasedMail, outcome: str, reason: str | None = None) -> None:
        async with self._sessions.begin() as session:
            await repository.remove(session, mail.id)
        _mails.labels(mail.kind, outcome).inc()
        report = log.info if outcome in {"sent", "obsolete"} else log.error
        report("mail_finished", outcome=outcome, reason=reason, **_names(mail))

    async def _postpone(self, mail: LeasedMail, reason: str) -> None:
        delay = self._delay(FIRST_DELAY, LAST_DELAY, mail.attempts)
        async with self._sessions.begin() as session:
            await repository.postpone(session, mail.id, timedelta(seconds=delay))
        _mails.labels(mail.kind, "deferred").inc()
        log.warning("mail_deferred", reason=reason, retry_seconds=round(delay), **_names(mail))

    def _pause(self, reason: str) -> None:
        self._failures += 1
        pause = self._delay(FIRST_PAUSE, LAST_PAUSE, self._failures)
        self._resume_at = self._clock() + pause
        _server_failures.inc()
        log.warning("mail_server_unavailable", reason=reason, failures=self._failures, retry_seconds=round(pause, 1))

    def _delay(self, first: float, last: float, attempts: int) -> float:
        return float(min(last, first * 2 ** min(attempts - 1, 30)) * (0.75 + 0.5 * self._jitter()))


def _names(mail: LeasedMail) -> dict[str, object]:
    member = str(mail.member_id) if mail.member_id else None
    return {"mail_id": str(mail.id), "kind": mail.kind, "member_id": member, "attempts": mail.attempts}
