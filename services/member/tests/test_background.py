"""What goes on beside requests."""

from __future__ import annotations

import asyncio

from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from platform_database.idempotency import repository
from platform_database.periodic_tasks import PeriodicTask, run_periodically
from platform_database.purge import purge_shared_tables


async def test_expired_records_are_purged_and_others_stay(client, ann, database, services):
    for number in range(3):
        headers = ann.headers | {"X-Idempotency-Key": f"key-{number}"}
        await client.patch(ann.path, headers=headers, json={"display_name": f"Ann {number}"})
    database.run("UPDATE idempotency_records SET expires_at = now() WHERE key <> 'key-2'")

    assert await purge_shared_tables(services.sessions, services.outbox) == 2
    assert database.one("SELECT key FROM idempotency_records") == "key-2"
    assert await purge_shared_tables(services.sessions, services.outbox) == 0


async def test_a_purge_takes_no_more_than_its_batch(database, services, monkeypatch):
    monkeypatch.setattr(repository, "PURGE_BATCH", 2)
    database.run(
        "INSERT INTO idempotency_records (scope, key, fingerprint, expires_at)"
        " SELECT 's', n::text, 'f', now() FROM generate_series(1, 5) n"
    )

    assert [await purge_shared_tables(services.sessions, services.outbox) for _ in range(4)] == [2, 2, 1, 0]


async def test_purges_at_once_do_not_wait_for_one_another(database, services):
    database.run(
        "INSERT INTO idempotency_records (scope, key, fingerprint, expires_at)"
        " SELECT 's', n::text, 'f', now() FROM generate_series(1, 50) n"
    )

    assert sum(await asyncio.gather(*(purge_shared_tables(services.sessions, services.outbox) for _ in range(4)))) == 50


async def test_background_work_survives_failures_and_stops_when_asked():
    stopping, done = asyncio.Event(), []

    async def work() -> int:
        done.append(len(done))
        if len(done) == 1:
            raise OperationalError("", {}, Exception())
        if len(done) == 2:
            raise ValueError("unexpected")
        stopping.set()
        return 0

    with capture_logs() as logs:
        async with asyncio.timeout(10):
            await run_periodically(PeriodicTask("example", 0.001, work), stopping)

    assert done == [0, 1, 2]
    assert [entry["event"] for entry in logs] == ["periodic_task_failed"] * 2
