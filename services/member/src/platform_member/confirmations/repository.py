"""Statements on confirmations. Nothing here commits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from platform_member.confirmations.models import Confirmation, Purpose


async def offer(
    session: AsyncSession,
    confirmation: UUID,
    member_id: UUID,
    purpose: Purpose,
    email: str,
    link_lifetime: timedelta,
    code_lifetime: timedelta | None,
) -> bool:
    """Offer a confirmation from now on, in place of an older one.

    Return False where a newer one was offered, or this one was used: its mail is obsolete.
    """
    code_expires_at = None if code_lifetime is None else func.now() + code_lifetime
    statement = insert(Confirmation).values(
        id=confirmation,
        member_id=member_id,
        purpose=purpose,
        email=email,
        link_expires_at=func.now() + link_lifetime,
        code_expires_at=code_expires_at,
    )
    given = statement.excluded
    is_same = Confirmation.id == given.id
    upsert = statement.on_conflict_do_update(
        index_elements=["member_id", "purpose"],
        set_={
            "id": given.id,
            "email": given.email,
            "link_expires_at": given.link_expires_at,
            "code_expires_at": given.code_expires_at,
            "attempts": case((is_same, Confirmation.attempts), else_=0),
            "used_at": None,
        },
        # UUIDv7 sorts by time.
        where=(Confirmation.id < given.id) | (is_same & Confirmation.used_at.is_(None)),
    )
    return (await session.execute(upsert.returning(Confirmation.id))).scalar_one_or_none() is not None


async def use_link(session: AsyncSession, confirmation: UUID, purpose: Purpose) -> Confirmation | None:
    """Use a link up, and return its confirmation; None where it has expired, was used or replaced."""
    return await _use(session, confirmation, purpose, Confirmation.link_expires_at)


async def peek_link(session: AsyncSession, confirmation: UUID, purpose: Purpose) -> Confirmation | None:
    """Return a confirmation whose link could be used now."""
    statement = select(Confirmation).where(
        Confirmation.id == confirmation,
        Confirmation.purpose == purpose,
        Confirmation.used_at.is_(None),
        Confirmation.link_expires_at > func.now(),
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def count_attempt(session: AsyncSession, member_id: UUID, purpose: Purpose, limit: int) -> UUID | None:
    """Count an attempt at the member's code; return the confirmation, or None if none can be tried."""
    statement = (
        update(Confirmation)
        .where(
            Confirmation.member_id == member_id,
            Confirmation.purpose == purpose,
            Confirmation.used_at.is_(None),
            Confirmation.code_expires_at > func.now(),
            Confirmation.attempts < limit,
        )
        .values(attempts=Confirmation.attempts + 1)
        .returning(Confirmation.id)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def use_code(session: AsyncSession, confirmation: UUID, purpose: Purpose) -> Confirmation | None:
    """Use a code up that was found right; None where it was used or replaced meanwhile."""
    return await _use(session, confirmation, purpose, Confirmation.code_expires_at)


async def revoke(session: AsyncSession, member_id: UUID, purpose: Purpose) -> None:
    """End what was offered to a member."""
    await session.execute(
        update(Confirmation)
        .where(Confirmation.member_id == member_id, Confirmation.purpose == purpose, Confirmation.used_at.is_(None))
        .values(used_at=func.now())
        .execution_options(synchronize_session=False)
    )


async def _use(session: AsyncSession, confirmation: UUID, purpose: Purpose, expires_at: Any) -> Confirmation | None:
    statement = (
        update(Confirmation)
        .where(
            Confirmation.id == confirmation,
            Confirmation.purpose == purpose,
            Confirmation.used_at.is_(None),
            expires_at > func.now(),
        )
        .values(used_at=func.now())
        .returning(Confirmation)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).scalar_one_or_none()
