"""The work of searches and of the administrators' check has a bound."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from platform_member.accounts import repository

MANY = 20_000


@pytest.fixture
async def session(app, database):
    """A session of the service, on a database with many members and one administrator."""
    database.run(
        "INSERT INTO members (id, email, display_name, locale, roles, status, password_hash, version, session_epoch)"
        " SELECT gen_random_uuid(), md5(n::text) || '@example.com', md5((-n)::text), 'en', '{}', 'active', '', 1, 1"
        " FROM generate_series(1, %s) n",
        MANY,
    )
    database.run("UPDATE members SET roles = '{admin}' WHERE email = md5('7') || '@example.com'")
    database.run("UPDATE members SET display_name = 'Alonso Quixote' WHERE email = md5('8') || '@example.com'")
    database.run("VACUUM (ANALYZE) members")
    async with app.state.services.sessions() as session:
        yield session


async def rows_read(session):
    """Return how many of the table's rows this transaction has read so far."""
    statement = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'members'"
    return await session.scalar(text(statement))


@pytest.mark.parametrize(("q", "count"), [("QUIXOTE", 1), ("8f14e45fceea", 1), ("nobody at all", 0)])
async def test_a_search_that_finds_little_reads_little(session, q, count):
    # Often enough that the driver prepares the statement and PostgreSQL would use one plan for every text.
    for _ in range(15):
        assert len(await repository.list_members(session, after=None, limit=21, q=q)) == count

    assert await rows_read(session) < 300


async def test_the_administrators_check_reads_administrators_alone(session):
    assert await repository.another_administrator_remains(session, uuid4())
    assert await rows_read(session) <= 2
