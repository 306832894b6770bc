"""Statements on passkeys. Nothing here commits."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from platform_database.errors import violated_constraint
from platform_member.passkeys.errors import PasskeyInvalid
from platform_member.passkeys.models import CREDENTIAL_UNIQUE, Passkey


async def of_member(session: AsyncSession, member_id: UUID) -> list[Passkey]:
    """Return the member's passkeys, oldest first."""
    statement = select(Passkey).where(Passkey.member_id == member_id).order_by(Passkey.id)
    return list((await session.execute(statement)).scalars())


async def count(session: AsyncSession, member_id: UUID) -> int:
    """Return the number of the member's passkeys."""
    statement = select(func.count()).select_from(Passkey).where(Passkey.member_id == member_id)
    return (await session.execute(statement)).scalar_one()


async def find(session: AsyncSession, credential_id: bytes) -> Passkey | None:
    """Return the passkey with this credential id."""
    return (await session.execute(select(Passkey).where(Passkey.credential_id == credential_id))).scalar_one_or_none()


async def add(session: AsyncSession, passkey: Passkey) -> None:
    """Write a new passkey. Raises PasskeyInvalid where its credential id is known already (WebAuthn, section 7.1)."""
    session.add(passkey)
    try:
        await session.flush()
    except IntegrityError as error:
        if violated_constraint(error) == CREDENTIAL_UNIQUE:
            raise PasskeyInvalid(reason="the credential is registered already") from None
        raise


async def record_use(session: AsyncSession, passkey: Passkey, sign_count: int, *, backed_up: bool) -> bool:
    """Record a log-in; False where the counter has not grown or the passkey is gone. Of parallel calls one wins.

    Authenticators without a counter always report 0.
    """
    grows = Passkey.sign_count < sign_count if sign_count else Passkey.sign_count == 0
    statement = (
        update(Passkey)
        .where(Passkey.id == passkey.id, grows)
        .values(sign_count=sign_count, backed_up=backed_up, last_used_at=func.clock_timestamp())
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def rename(session: AsyncSession, member_id: UUID, passkey_id: UUID, name: str) -> Passkey | None:
    """Give one of the member's passkeys another name."""
    statement = (
        update(Passkey)
        .where(Passkey.member_id == member_id, Passkey.id == passkey_id)
        .values(name=name)
        .returning(Passkey)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def remove(session: AsyncSession, member_id: UUID, passkey_id: UUID) -> bool:
    """Remove one of the member's passkeys; False where it has no such one."""
    statement = delete(Passkey).where(Passkey.member_id == member_id, Passkey.id == passkey_id).returning(Passkey.name)
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def remove_all(session: AsyncSession, member_id: UUID) -> bool:
    """Remove the member's passkeys; say whether there were any."""
    statement = delete(Passkey).where(Passkey.member_id == member_id).returning(Passkey.id)
    return bool((await session.execute(statement)).scalars().all())
