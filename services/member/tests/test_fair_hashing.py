"""Log-ins under a flood: one member with the right password does not keep the others out."""

from __future__ import annotations

import asyncio

import pytest

VERIFY = "/internal/credentials/verify"
FLOOD, OTHERS = 50, 12


@pytest.mark.parametrize("addresses", [1, FLOOD])
async def test_all_others_log_in_while_one_member_floods_the_queue(
    make_settings, start, connect, service, make_member, addresses
):
    app = await start(make_settings(password_hash_workers=2, password_hash_queue_size=32))
    client, queue = await connect(app), app.state.services.credentials._hasher._queue
    flooder, others = make_member("flooder"), [make_member(f"member{number}") for number in range(OTHERS)]

    async def log_in(someone, address: str) -> int:
        presented = {"email": someone.email, "password": someone.password}
        response = await client.post(VERIFY, json=presented, headers=service() | {"X-Client-Key": address})
        return response.status_code

    async def flood(number: int) -> None:
        while True:
            assert await log_in(flooder, f"192.0.2.{number % addresses}") in {200, 503}

    floods = [asyncio.create_task(flood(number)) for number in range(FLOOD)]
    async with asyncio.timeout(60):
        while not queue._is_full():  # noqa: ASYNC110 (the queue has no event)
            await asyncio.sleep(0.01)

    statuses = await asyncio.gather(*(log_in(other, f"198.51.100.{n}") for n, other in enumerate(others)))

    assert statuses == [200] * OTHERS
    for task in floods:
        assert not task.done()
        task.cancel()
    await asyncio.wait(floods)


async def test_the_client_of_a_registration_counts_too(make_settings, start, connect, service, registration):
    app = await start(make_settings(password_hash_workers=1, password_hash_queue_size=4))
    client = await connect(app)

    async def register(name: str, address: str) -> int:
        headers = service() | {"X-Client-Key": address}
        return (await client.post("/internal/members", json=registration(name), headers=headers)).status_code

    flood = [asyncio.create_task(register(f"flood{number}", "192.0.2.1")) for number in range(20)]
    async with asyncio.timeout(60):
        while not app.state.services.credentials._hasher._queue._is_full():  # noqa: ASYNC110 (the queue has no event)
            await asyncio.sleep(0.01)

    assert await register("other", "198.51.100.1") == 201
    assert {201, 503} == set(await asyncio.gather(*flood))
