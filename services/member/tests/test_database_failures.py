"""The database gone, slow, back: 503 and a problem each time, and no restart of the service needed."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psycopg
import pytest
import sqlalchemy.exc
from psycopg import errors

from platform_database.errors import is_transient
from platform_member.accounts import repository
from platform_testing.postgres import EphemeralPostgres

TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = 'member_app'"
)


async def test_connections_that_the_server_cut_cost_no_request(client, ann, database):
    """As after a restart of the server: idle connections are dead, the next request gets a new one."""
    assert (await client.get("/api/members/me", headers=ann.headers)).status_code == 200
    assert database.run(TERMINATE)

    answers = await asyncio.gather(*(client.get("/api/members/me", headers=ann.headers) for _ in range(10)))

    assert {response.status_code for response in answers} == {200}


async def test_the_server_probes_connections_whose_client_may_have_vanished(services):
    """By default it would keep each for two hours, and a few vanished replicas would take every connection slot."""
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
    async with services.engine.connect() as connection:
        values = [(await connection.execute(sqlalchemy.text(f"SHOW {name}"))).scalar_one() for name in names]

    assert values == ["15", "5", "3", "10000"]


async def test_a_database_that_is_away_is_said_so_and_found_again(client, ann, database, postgres):
    """New connections are refused, and those that there were are cut."""
    admin_url = postgres.url("postgres")

    def allow(yes: bool) -> None:
        with psycopg.connect(admin_url, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS {str(yes).lower()}")

    await client.get("/api/members/me", headers=ann.headers)
    database.run(TERMINATE)
    allow(False)
    try:
        away = await client.get("/api/members/me", headers=ann.headers)
        ready = await client.get("/readyz")
        alive = await client.get("/livez")
    finally:
        allow(True)

    assert (away.status_code, away.json()["code"]) == (503, "database-unavailable")
    assert away.headers["content-type"] == "application/problem+json"
    assert away.headers["retry-after"] == "1"
    assert (ready.status_code, ready.json()["failing"]) == (503, {"database": "does not respond"})
    assert alive.status_code == 200
    assert (await client.get("/api/members/me", headers=ann.headers)).status_code == 200
    assert (await client.get("/readyz")).status_code == 200


async def test_a_statement_that_takes_too_long_ends_with_503(make_settings, start, connect, ann, monkeypatch):
    client = await connect(await start(make_settings(database_statement_timeout_seconds=0.1)))

    async def slow_get(session, _member_id):
        await session.execute(sqlalchemy.text("SELECT pg_sleep(30)"))

    monkeypatch.setattr(repository, "get", slow_get)
    response = await client.get("/api/members/me", headers=ann.headers)

    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")


async def test_when_every_connection_is_taken_a_request_is_told_to_come_back(make_settings, start, connect, ann):
    app = await start(make_settings(database_pool_size=1, database_pool_timeout_seconds=0.1))
    client = await connect(app)

    async with app.state.services.engine.connect():
        busy = await client.get("/api/members/me", headers=ann.headers)

    assert (busy.status_code, busy.json()["code"]) == (503, "overloaded")
    assert busy.headers["retry-after"] == "1"
    assert (await client.get("/api/members/me", headers=ann.headers)).status_code == 200


async def test_a_member_that_another_transaction_holds_is_not_waited_for_for_ever(
    make_settings, start, connect, ann, services
):
    client = await connect(await start(make_settings(database_lock_timeout_seconds=0.1)))

    async with services.sessions.begin() as session:
        await repository.get_for_change(session, ann.id)
        response = await client.patch(ann.path, headers=ann.headers, json={"locale": "ko"})

    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")


@pytest.fixture
def own_postgres(tmp_path_factory):
    """A server that only one test knows, to be paused and killed."""
    folder = tmp_path_factory.mktemp("own-postgres")
    folder.chmod(0o755)
    server = EphemeralPostgres(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def own(own_postgres, make_settings, start, connect):
    """A service on a server of its own; it has no tables, which is all the same here."""
    settings = make_settings(
        database_url=own_postgres.url("postgres"), request_timeout_seconds=1, database_connect_timeout_seconds=2
    )
    return await connect(await start(settings))


def signal_all(server, how):
    """Send a signal to the server and each of its processes; each leads a group of its own."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for one in (pid, *map(int, children)):
        os.kill(one, how)


async def test_a_paused_server_hangs_no_request_for_ever(own, own_postgres, service):
    async def ask():
        presented = {"email": "ann@example.com", "password": "whatever"}
        return await own.post("/internal/credentials/verify", json=presented, headers=service())

    await ask()
    signal_all(own_postgres, signal.SIGSTOP)
    try:
        async with asyncio.timeout(30):
            answers = await asyncio.gather(*(ask() for _ in range(3)))
    finally:
        signal_all(own_postgres, signal.SIGCONT)

    assert {response.status_code for response in answers} == {503}
    assert {response.headers["content-type"] for response in answers} == {"application/problem+json"}


async def test_a_killed_server_is_found_again(own, own_postgres):
    assert (await own.get("/readyz")).json()["failing"] == {
        "database": "has not all of its tables: run `member migrate`"
    }
    own_postgres.process.kill()
    assert (await own.get("/readyz")).json()["failing"] == {"database": "does not respond"}

    own_postgres.start()

    assert "tables" in (await own.get("/readyz")).json()["failing"]["database"]


async def test_a_fault_of_ours_is_no_503(client, ann, monkeypatch):
    async def wrong(session, _member_id):
        await session.execute(sqlalchemy.text("SELECT nonsense"))

    monkeypatch.setattr(repository, "get", wrong)
    response = await client.get("/api/members/me", headers=ann.headers)

    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert "nonsense" not in response.text


@pytest.mark.parametrize(
    ("cause", "passing"),
    [
        (errors.AdminShutdown(), True),
        (errors.CannotConnectNow(), True),
        (errors.TooManyConnections(), True),
        (errors.QueryCanceled(), True),
        (errors.LockNotAvailable(), True),
        (errors.DeadlockDetected(), True),
        (errors.UndefinedTable(), False),
        (errors.InsufficientPrivilege(), False),
        (errors.UniqueViolation(), False),
    ],
)
def test_what_passes_and_what_does_not(cause, passing):
    assert is_transient(sqlalchemy.exc.DBAPIError("", {}, cause)) is passing


async def test_the_servers_log_quotes_no_address(client, admin, registration, postgres, monkeypatch):
    """Two requests for one address at the same moment: the constraint decides, and PostgreSQL logs its name alone."""

    async def see_nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(repository, "require_free_email", see_nothing)
    body = registration("quoted-nowhere")
    answers = [await client.post("/api/members", headers=admin.headers, json=body) for _ in range(2)]

    assert [response.status_code for response in answers] == [201, 409]
    assert answers[1].json()["code"] == "email-taken"
    logged = postgres.log.read_text()
    assert "uq_members_email" in logged
    assert "quoted-nowhere" not in logged


async def test_a_taken_address_is_no_error_of_the_server(client, admin, registration, postgres):
    body = registration("taken-quietly")
    await client.post("/api/members", headers=admin.headers, json=body)
    before = postgres.log.stat().st_size

    response = await client.post("/api/members", headers=admin.headers, json=body)

    assert (response.status_code, response.json()["code"]) == (409, "email-taken")
    assert "uq_members_email" not in postgres.log.read_text()[before:]
