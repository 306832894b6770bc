"""Statements on idempotency records. Times are the database's: replicas' clocks differ."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from platform_database.idempotency.models import IdempotencyRecord
from platform_database.idempotency.stored_response import StoredResponse

# Rows per purge statement, so that none holds locks for long.
PURGE_BATCH = 1000


async def claim(session: AsyncSession, scope: str, key: str, fingerprint: str, retention: timedelta) -> bool:
    """Claim the key for this transaction; return False when a response is recorded under it.

    Waits while another transaction holds the key, at most for `lock_timeout`. An expired record counts as none.
    """
    fresh = {"fingerprint": fingerprint, "expires_at": func.now() + retention}
    statement = (
        insert(IdempotencyRecord)
        .values(scope=scope, key=key, **fresh)
        .on_conflict_do_update(
            index_elements=["scope", "key"],
            set_=fresh | {"status": None, "headers": None, "body": None, "settles_at": None},
            where=IdempotencyRecord.expires_at <= func.clock_timestamp(),
        )
        .returning(IdempotencyRecord.key)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def record(
    session: AsyncSession, scope: str, key: str, response: StoredResponse, settle_within: timedelta
) -> None:
    """Record the response to the request that claimed the key."""
    provisional = response.final_status is not None
    await session.execute(
        update(IdempotencyRecord)
        .where(IdempotencyRecord.scope == scope, IdempotencyRecord.key == key)
        .values(
            status=response.status,
            headers=dict(response.headers),
            body=response.body,
            settles_at=func.clock_timestamp() + settle_within if provisional else None,
        )
    )


async def find(session: AsyncSession, scope: str, key: str) -> IdempotencyRecord | None:
    """Return the record of a key."""
    statement = select(IdempotencyRecord).where(IdempotencyRecord.scope == scope, IdempotencyRecord.key == key)
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()


async def finalize(session: AsyncSession, scope: str, key: str, status: int) -> bool:
    """Give a provisional response its final status; return False when the time for that has passed."""
    statement = (
        update(IdempotencyRecord)
        .where(
            IdempotencyRecord.scope == scope,
            IdempotencyRecord.key == key,
            IdempotencyRecord.settles_at > func.clock_timestamp(),
        )
        .values(status=status, settles_at=None)
        .returning(IdempotencyRecord.key)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def expire_provisional(session: AsyncSession, scope: str, key: str) -> bool:
    """Make a provisional response final as it is once its time has passed; return False while it is pending.

    The update takes the row's lock, so a concurrent `finalize` ends first.
    """
    statement = (
        update(IdempotencyRecord)
        .where(
            IdempotencyRecord.scope == scope,
            IdempotencyRecord.key == key,
            or_(IdempotencyRecord.settles_at.is_(None), IdempotencyRecord.settles_at <= func.clock_timestamp()),
        )
        .values(settles_at=None)
        .returning(IdempotencyRecord.key)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def purge(session: AsyncSession) -> int:
    """Delete a batch of expired records and return how many; replicas purge side by side without waiting."""
    expired = (
        select(IdempotencyRecord.scope, IdempotencyRecord.key)
        .where(IdempotencyRecord.expires_at <= func.now())
        .limit(PURGE_BATCH)
        .with_for_update(skip_locked=True)
        .cte("expired")
    )
    statement = (
        delete(IdempotencyRecord)
        .where(IdempotencyRecord.scope == expired.c.scope, IdempotencyRecord.key == expired.c.key)
        .returning(IdempotencyRecord.key)
    )
    return len((await session.execute(statement)).all())


async def forget(session: AsyncSession, scope: str) -> None:
    """Delete everything recorded under `scope`."""
    await session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.scope == scope))
