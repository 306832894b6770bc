"""Statements on members. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import any_, delete, literal_column, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from platform_database.errors import violated_constraint
from platform_member.accounts.errors import EmailTaken, MemberNotFound
from platform_member.accounts.models import ADMIN, EMAIL_UNIQUE, Member, Status

# An arbitrary number, the same in every replica: serializes changes that remove an administrator.
_ADMINISTRATORS_LOCK = 7_310_001
# As the condition of ix_members_administrators has it, to the letter: else PostgreSQL does not use the index.
_IS_ADMINISTRATOR = literal_column(f"'{ADMIN}'") == any_(Member.roles)
_EMAIL_TAKEN = "Another member has this e-mail address."


async def get(session: AsyncSession, member_id: UUID) -> Member | None:
    """Return the member."""
    return await session.get(Member, member_id)


async def get_for_change(session: AsyncSession, member_id: UUID) -> Member | None:
    """Return the member as it is now, locked until the transaction ends."""
    statement = select(Member).where(Member.id == member_id).with_for_update()
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()


async def require_for_change(session: AsyncSession, member_id: UUID) -> Member:
    """Return the member as it is now, locked until the transaction ends. Raises MemberNotFound."""
    member = await get_for_change(session, member_id)
    if member is None:
        raise MemberNotFound("The member does not exist.")
    return member


async def find_by_email(session: AsyncSession, email: str) -> Member | None:
    """Return the member with this (normalised) address."""
    return (await session.execute(select(Member).where(Member.email == email))).scalar_one_or_none()


async def require_free_email(session: AsyncSession, email: str) -> None:
    """Raise EmailTaken where a member has this address.

    The unique constraint decides between concurrent requests; this keeps most conflicts, and the addresses that
    PostgreSQL quotes with them, out of the server's log.
    """
    if await session.scalar(select(Member.id).where(Member.email == email)) is not None:
        raise EmailTaken(_EMAIL_TAKEN)


async def save(session: AsyncSession, member: Member) -> None:
    """Write a new or changed member. Raises EmailTaken."""
    session.add(member)
    try:
        await session.flush()
    except IntegrityError as error:
        if violated_constraint(error) == EMAIL_UNIQUE:
            raise EmailTaken(_EMAIL_TAKEN) from None
        raise


async def remove(session: AsyncSession, member_id: UUID) -> None:
    """Delete the member for good."""
    await session.execute(delete(Member).where(Member.id == member_id))


async def list_members(session: AsyncSession, *, after: UUID | None, limit: int, q: str | None) -> Sequence[Member]:
    """Return up to `limit` members older than `after`, newest first; `q` is part of an address or a name."""
    statement = select(Member).order_by(Member.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(Member.id < after)
    if q:
        statement = statement.where(
            or_(Member.email.icontains(q, autoescape=True), Member.display_name.icontains(q, autoescape=True))
        )
    return (await session.execute(statement)).scalars().all()


async def another_administrator_remains(session: AsyncSession, member_id: UUID) -> bool:
    """Return whether another active administrator exists; this holds until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADMINISTRATORS_LOCK})
    others = select(Member.id).where(Member.id != member_id, Member.status == Status.ACTIVE, _IS_ADMINISTRATOR).limit(1)
    return (await session.execute(others)).scalar_one_or_none() is not None


async def replace_password_hash(session: AsyncSession, member_id: UUID, old: str, new: str) -> None:
    """Keep the same password under a stronger hash, unless the password was changed meanwhile."""
    await session.execute(
        update(Member)
        .where(Member.id == member_id, Member.password_hash == old)
        .values(password_hash=new)
        .execution_options(synchronize_session=False)
    )
