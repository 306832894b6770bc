"""Statements on second factors. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from platform_member.factors.models import RecoveryCode, TotpFactor


async def get_totp(session: AsyncSession, member_id: UUID) -> TotpFactor | None:
    """Return the member's authenticator app, confirmed or not, as it is now."""
    return await session.get(TotpFactor, member_id, populate_existing=True)


async def put_unconfirmed_totp(session: AsyncSession, member_id: UUID, encrypted_secret: bytes) -> bool:
    """Start a set-up, in the place of one that was not finished; False where the member has a confirmed app."""
    values = {"encrypted_secret": encrypted_secret, "last_step": 0}
    statement = (
        upsert(TotpFactor)
        .values(member_id=member_id, **values)
        .on_conflict_do_update(
            index_elements=[TotpFactor.member_id],
            set_={**values, "created_at": func.now()},
            where=TotpFactor.confirmed_at.is_(None),
        )
        .returning(TotpFactor.member_id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def accept_step(session: AsyncSession, factor: TotpFactor, step: int) -> bool:
    """Record that a code of `step` was accepted; False where it or a later one was before. Of parallel calls one wins.

    The factor's secret must be the one that the code was compared with.
    """
    statement = (
        update(TotpFactor)
        .where(
            TotpFactor.member_id == factor.member_id,
            TotpFactor.encrypted_secret == factor.encrypted_secret,
            TotpFactor.last_step < step,
        )
        .values(last_step=step)
        .returning(TotpFactor.member_id)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def confirm_totp(session: AsyncSession, member_id: UUID) -> None:
    """Make the member's app a factor."""
    await session.execute(
        update(TotpFactor)
        .where(TotpFactor.member_id == member_id)
        .values(confirmed_at=func.now())
        .execution_options(synchronize_session=False)
    )


async def remove_factors(session: AsyncSession, member_id: UUID) -> bool:
    """Remove the member's app and recovery codes; say whether there was a confirmed app."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    statement = delete(TotpFactor).where(TotpFactor.member_id == member_id).returning(TotpFactor.confirmed_at)
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def replace_recovery_codes(session: AsyncSession, member_id: UUID, hashes: Collection[str]) -> None:
    """Put these codes in the place of all earlier ones."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    await session.execute(insert(RecoveryCode), [{"member_id": member_id, "code_hash": one} for one in hashes])


async def some_recovery_code(session: AsyncSession, member_id: UUID) -> str | None:
    """Return the hash of one of the member's codes, for the salt that all of them share."""
    return await session.scalar(select(RecoveryCode.code_hash).where(RecoveryCode.member_id == member_id).limit(1))


async def count_recovery_codes(session: AsyncSession, member_id: UUID) -> int:
    """Return how many codes the member has left."""
    statement = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.member_id == member_id)
    return await session.scalar(statement) or 0


async def use_recovery_code(session: AsyncSession, member_id: UUID, code_hash: str) -> bool:
    """Use up a code; False where the member has no such code any more. Of parallel calls one wins."""
    statement = (
        delete(RecoveryCode)
        .where(RecoveryCode.member_id == member_id, RecoveryCode.code_hash == code_hash)
        .returning(RecoveryCode.member_id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def lock_all_totp(session: AsyncSession) -> list[TotpFactor]:
    """Return every app, locked, for the change of their encryption."""
    return list((await session.execute(select(TotpFactor).with_for_update())).scalars())
