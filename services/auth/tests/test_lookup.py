"""The look-up of sessions: what travels together, and what happens while the store is unavailable, slow or back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from contextlib import asynccontextmanager, suppress

import pytest
import redis.asyncio

from platform_auth.verify.lookup import NO_REPLY, get_command
from platform_testing.servers import REDIS_RULES
from platform_testing.valkey import AclUser, EphemeralValkey

# For a test that is about waiting in vain.
IMPATIENT = pytest.mark.parametrize("patience", [0.3])
KEYS = [f"auth:session:{n}" for n in range(300)]


@pytest.fixture
def own_valkey(tmp_path):
    """A Valkey of the test's own, to be killed, paused and started again."""
    server = EphemeralValkey(tmp_path, {name: AclUser("secret", rules) for name, rules in REDIS_RULES.items()})
    server.start()
    yield server
    os.kill(server.process.pid, signal.SIGCONT)
    server.stop()


@pytest.fixture
def patience():
    """Seconds: long enough for a machine that has other things to do."""
    return 5.0


@pytest.fixture
def settings(settings, own_valkey, patience):
    url = type(settings.redis_url)(own_valkey.url("auth", 1))
    return settings.model_copy(update={"redis_url": url, "session_lookup_timeout_seconds": patience})


@pytest.fixture
async def token(client):
    return (await client.tokens())["access_token"]


@pytest.fixture
def lookup(auth):
    return auth.lookup


@pytest.fixture
async def admin(own_valkey):
    async with redis.asyncio.Redis.from_url(own_valkey.url("admin", 1)) as client:
        yield client


async def until_passes(client, token):
    deadline = time.monotonic() + 10
    while (response := (await client.verify(token)).status_code) != 200:
        assert response == 503
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def bounded(awaitable, seconds=10):
    """Await, and fail instead of hanging."""
    async with asyncio.timeout(seconds):
        return await awaitable


@asynccontextmanager
async def counted_commands(admin):
    """Count the GETs and the reads of the socket that the server does meanwhile."""
    before, counts = await admin.info(), {}
    before_get = (await admin.info("commandstats")).get("cmdstat_get", {"calls": 0})["calls"]
    yield counts
    after = await admin.info()
    counts["gets"] = (await admin.info("commandstats"))["cmdstat_get"]["calls"] - before_get
    counts["reads"] = after["total_reads_processed"] - before["total_reads_processed"]


async def test_lookups_of_one_turn_travel_in_one_write(lookup, admin):
    await lookup.get(get_command("auth:session:warm"))
    async with counted_commands(admin) as counts:
        await asyncio.gather(*(lookup.get(get_command(key)) for key in KEYS[:100]))

    assert counts["gets"] == 100
    # The counting itself reads as well, and the network may cut the batch in two.
    assert counts["reads"] <= 5


async def test_concurrent_requests_share_one_write(client, token, admin):
    await client.verify(token)
    async with counted_commands(admin) as counts:
        answers = await asyncio.gather(*(client.verify(token) for _ in range(50)))

    assert [response.status_code for response in answers] == [200] * 50
    assert counts["gets"] == 50
    assert counts["reads"] <= 10


async def test_each_lookup_gets_its_own_response(lookup, admin):
    for key in KEYS[::2]:
        await admin.set(key, key)

    answers = await bounded(asyncio.gather(*(lookup.get(get_command(key)) for key in KEYS)))

    assert answers == [key.encode() if n % 2 == 0 else None for n, key in enumerate(KEYS)]


async def test_large_responses_that_come_in_pieces_are_put_together(lookup, admin):
    for key in KEYS[:40]:
        await admin.set(key, key * 3000)

    answers = await bounded(asyncio.gather(*(lookup.get(get_command(key)) for key in KEYS[:40])))

    assert answers == [(key * 3000).encode() for key in KEYS[:40]]


async def test_a_lookup_given_up_by_its_request_leaves_the_others_alone(lookup, admin):
    await admin.set(KEYS[1], "one")
    abandoned, kept = lookup.get(get_command(KEYS[0])), lookup.get(get_command(KEYS[1]))
    abandoned.cancel()

    assert await bounded(kept) == b"one"


async def test_a_restarted_store_costs_no_request(client, token, own_valkey):
    assert (await client.verify(token)).status_code == 200

    own_valkey.process.kill()
    own_valkey.start()

    assert (await bounded(client.verify(token))).status_code == 200


async def test_a_connection_that_was_cut_costs_no_request(client, token, admin):
    for _ in range(3):
        assert (await client.verify(token)).status_code == 200
        await admin.client_kill_filter(_type="normal", skipme=True)
        assert (await bounded(client.verify(token))).status_code == 200


async def test_a_store_that_is_gone_is_503_at_once_and_200_when_it_is_back(client, token, own_valkey, logs):
    assert (await client.verify(token)).status_code == 200
    own_valkey.process.kill()

    for _ in range(3):
        response = await bounded(client.verify(token))
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "1"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.json()["code"] == "session-store-unavailable"
    # Also where no session is needed: whose request it is is unknown, and guessing "anonymous" would be wrong.
    assert (await client.verify(token, "?optional=1")).status_code == 503
    assert len([entry for entry in logs if entry["event"] == "session_store_unavailable"]) == 1

    own_valkey.start()
    await until_passes(client, token)


async def test_a_session_ended_before_the_store_was_killed_stays_ended(client, own_valkey):
    ended, kept = (await client.tokens())["access_token"], (await client.tokens())["access_token"]
    assert (await client.post("/auth/logout", ended)).status_code == 204

    own_valkey.process.kill()
    own_valkey.start()

    assert (await client.verify(ended)).status_code == 401
    assert (await client.verify(kept)).status_code == 200


@IMPATIENT
async def test_a_paused_store_is_503_within_the_time_and_passes_after(client, token, own_valkey):
    assert (await client.verify(token)).status_code == 200
    os.kill(own_valkey.process.pid, signal.SIGSTOP)

    answers = await bounded(asyncio.gather(*(client.verify(token) for _ in range(20))))
    assert {response.status_code for response in answers} == {503}
    # The next ones wait for a connection that no one accepts: they too are answered.
    assert (await bounded(client.verify(token))).status_code == 503

    os.kill(own_valkey.process.pid, signal.SIGCONT)
    await until_passes(client, token)


@IMPATIENT
async def test_responses_that_come_too_late_are_not_taken_for_those_to_later_questions(lookup, admin, own_valkey):
    for key in KEYS:
        await admin.set(key, key)
    assert await lookup.get(get_command(KEYS[0])) == KEYS[0].encode()
    os.kill(own_valkey.process.pid, signal.SIGSTOP)
    late = await bounded(asyncio.gather(*(lookup.get(get_command(key)) for key in KEYS[:10])))
    assert late == [NO_REPLY] * 10

    os.kill(own_valkey.process.pid, signal.SIGCONT)

    deadline = time.monotonic() + 10
    while (answers := await asyncio.gather(*(lookup.get(get_command(key)) for key in KEYS[10:]))) != [
        key.encode() for key in KEYS[10:]
    ]:
        assert set(answers) <= {NO_REPLY, *(key.encode() for key in KEYS[10:])}
        assert time.monotonic() < deadline


@IMPATIENT
async def test_a_long_turn_of_the_loop_is_not_held_against_the_store(lookup, admin, patience):
    await admin.set(KEYS[0], "one")
    await lookup.get(get_command("auth:session:warm"))
    asked = lookup.get(get_command(KEYS[0]))

    time.sleep(patience * 1.5)  # noqa: ASYNC251 -- what a burst of signatures does to the loop

    assert await bounded(asked) == b"one"


@pytest.mark.parametrize("patience", [2.0])
async def test_the_deadline_of_an_earlier_batch_does_not_end_a_later_one(lookup, admin, own_valkey, patience):
    await admin.set(KEYS[0], "one")
    assert await lookup.get(get_command(KEYS[0])) == b"one"
    await asyncio.sleep(patience * 0.75)
    os.kill(own_valkey.process.pid, signal.SIGSTOP)
    later = lookup.get(get_command(KEYS[0]))
    await asyncio.sleep(patience * 0.5)
    assert not later.done()

    os.kill(own_valkey.process.pid, signal.SIGCONT)

    assert await bounded(later) == b"one"


@IMPATIENT
async def test_each_batch_has_a_deadline_of_its_own(lookup, own_valkey, patience):
    assert await lookup.get(get_command(KEYS[0])) is None
    os.kill(own_valkey.process.pid, signal.SIGSTOP)
    for _ in range(3):
        first = lookup.get(get_command(KEYS[0]))
        await asyncio.sleep(patience / 2)
        second = lookup.get(get_command(KEYS[1]))
        assert await bounded(asyncio.gather(first, second)) == [NO_REPLY, NO_REPLY]


async def test_a_pause_shorter_than_the_time_only_delays(make_auth, client_of, own_valkey):
    client = client_of(make_auth(session_lookup_timeout_seconds=8))
    token = (await client.tokens())["access_token"]
    os.kill(own_valkey.process.pid, signal.SIGSTOP)
    waiting = asyncio.gather(*(client.verify(token) for _ in range(5)))
    await asyncio.sleep(0)

    os.kill(own_valkey.process.pid, signal.SIGCONT)

    assert {response.status_code for response in await waiting} == {200}


@IMPATIENT
async def test_a_server_that_takes_connections_and_says_nothing_is_503(make_auth, client_of, token, settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        auth = make_auth(redis_url=type(settings.redis_url)(f"redis://auth:x@127.0.0.1:{port}/1"))

        assert (await bounded(client_of(auth).verify(token))).status_code == 503


@IMPATIENT
@pytest.mark.parametrize(
    "response", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\xff" * 50, b"+OK\r\n" * 100, b"*3\r\n$2\r\nok\r\n"]
)
async def test_nobody_passes_by_a_server_that_talks_nonsense(make_auth, client_of, token, settings, response):
    async def talk(reader, writer):
        with suppress(ConnectionError):
            while await reader.read(4096):
                writer.write(response)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = client_of(make_auth(redis_url=type(settings.redis_url)(f"redis://127.0.0.1:{port}/1")))

        for _ in range(3):
            assert (await bounded(client.verify(token))).status_code in {401, 503}


async def test_a_user_without_the_right_to_look_is_503_not_401(client, token, admin, logs):
    assert (await client.verify(token)).status_code == 200
    await admin.acl_setuser("auth", enabled=True, reset_keys=True, keys=["other:*"], categories=["+@all"])

    assert (await client.verify(token)).status_code == 503
    assert any(entry["event"] == "session_lookup_refused" for entry in logs)


async def test_closing_responds_to_waiting_callers(lookup, own_valkey):
    os.kill(own_valkey.process.pid, signal.SIGSTOP)
    waiting = lookup.get(get_command(KEYS[0]))
    await asyncio.sleep(0)

    await lookup.close()

    assert await bounded(waiting) is NO_REPLY
