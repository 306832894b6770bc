"""The worker's statements on mails. A mail is leased before it is sent, so that replicas share the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from platform_member.mail.models import Mail


@dataclass(frozen=True)
class LeasedMail:
    """A mail that this worker alone may send until its lease ends; `attempts` counts the one to come."""

    id: UUID
    kind: str
    recipient: str
    locale: str
    member_id: UUID | None
    created_at: datetime
    attempts: int
    expired: bool


async def lease_due(session: AsyncSession, lease: timedelta, limit: int) -> list[LeasedMail]:
    """Take up to `limit` due mails, the longest due first; others see them again when `lease` is over."""
    due = (
        select(Mail.id)
        .where(Mail.next_attempt_at <= func.now())
        .order_by(Mail.next_attempt_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(Mail)
        .where(Mail.id == due.c.id)
        .values(next_attempt_at=func.now() + lease, attempts=Mail.attempts + 1)
        .returning(
            Mail.id,
            Mail.kind,
            Mail.recipient,
            Mail.locale,
            Mail.member_id,
            Mail.created_at,
            Mail.attempts,
            case((Mail.expires_at <= func.now(), True), else_=False),
        )
        .execution_options(synchronize_session=False)
    )
    leased = [LeasedMail(*row) for row in (await session.execute(statement)).all()]
    return sorted(leased, key=lambda mail: mail.id)


async def remove(session: AsyncSession, mail_id: UUID) -> None:
    """Forget a mail: it was sent, or never will be."""
    await session.execute(delete(Mail).where(Mail.id == mail_id))


async def postpone(session: AsyncSession, mail_id: UUID, delay: timedelta) -> None:
    """Try the mail again after `delay`."""
    await session.execute(
        update(Mail)
        .where(Mail.id == mail_id)
        .values(next_attempt_at=func.now() + delay)
        .execution_options(synchronize_session=False)
    )


async def release(session: AsyncSession, mail_ids: Sequence[UUID]) -> None:
    """Give back mails that were not tried: they are due, and the attempt does not count."""
    await session.execute(
        update(Mail)
        .where(Mail.id.in_(mail_ids))
        .values(next_attempt_at=func.now(), attempts=Mail.attempts - 1)
        .execution_options(synchronize_session=False)
    )


async def pending(session: AsyncSession) -> int:
    """Return how many mails still have to be sent."""
    return (await session.execute(select(func.count()).select_from(Mail))).scalar_one()
