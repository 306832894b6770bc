"""The queue before the password hashes: no account and no client delays the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from platform_member.credentials.fair_queue import FairQueue, QueueFull


class Crowd:
    """Requests to one queue; `served` lists their names in the order in which they got a slot."""

    def __init__(self, queue: FairQueue) -> None:
        self._queue = queue
        self.served: list[str] = []
        self.refused: list[str] = []
        self.releases: list[Callable[[], None]] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def arrive(self, name: str, *keys: str) -> asyncio.Task[None]:
        task = asyncio.create_task(self._ask(name, keys))
        self.tasks.append(task)
        await settle()
        return task

    async def _ask(self, name: str, keys: tuple[str, ...]) -> None:
        try:
            release = await self._queue.acquire(keys)
        except QueueFull:
            self.refused.append(name)
            return
        self.served.append(name)
        self.releases.append(release)

    async def serve_all(self) -> None:
        while self.releases:
            self.releases.pop(0)()
            await settle()


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def crowd():
    return Crowd(FairQueue(workers=2, places=4))


async def test_requests_without_keys_are_served_in_order(crowd):
    for name in "abcdef":
        await crowd.arrive(name)
    await crowd.serve_all()

    assert crowd.served == list("abcdef")


async def test_the_first_request_of_another_account_overtakes_a_flood(crowd):
    for number in range(6):
        await crowd.arrive(f"flood {number}", "account:x", "client:1")
    await crowd.arrive("other", "account:y", "client:2")
    await crowd.serve_all()

    assert crowd.served.index("other") == 2
    assert crowd.refused == ["flood 5"]


@pytest.mark.parametrize("keys", [("account:x", "client:{}"), ("account:{}", "client:1")])
async def test_neither_many_addresses_nor_many_accounts_help_a_flood(crowd, keys):
    for number in range(20):
        await crowd.arrive(f"flood {number}", *(key.format(number) for key in keys))
    for number in range(3):
        await crowd.arrive(f"other {number}", f"account:o{number}", f"client:o{number}")
    await crowd.serve_all()

    assert crowd.served[2:5] == ["other 0", "other 1", "other 2"]


async def test_a_flood_is_refused_before_it_costs_anything(crowd):
    for number in range(6):
        await crowd.arrive(f"flood {number}", "account:x")

    with pytest.raises(QueueFull):
        crowd._queue.check(["account:x"])
    crowd._queue.check(["account:y"])
    await crowd.serve_all()


async def test_a_caller_that_gives_up_while_waiting_leaves_its_place(crowd):
    for name in "abcdef":
        await crowd.arrive(name, "account:x")
    crowd.tasks[3].cancel()
    await settle()
    await crowd.arrive("g", "account:y")
    await crowd.serve_all()

    assert crowd.refused == []
    assert crowd.served == ["a", "b", "g", "c", "e", "f"]


async def test_a_slot_granted_to_a_caller_that_gives_up_at_that_moment_is_passed_on(crowd):
    for name in "abcd":
        await crowd.arrive(name)
    crowd.releases.pop(0)()
    crowd.tasks[2].cancel()
    await settle()

    assert crowd.served == ["a", "b", "d"]


async def test_a_quiet_queue_remembers_no_key(crowd):
    for number in range(20):
        await crowd.arrive(f"r{number}", f"account:{number}", "client:1")
    await crowd.serve_all()

    assert not crowd._queue._present
    assert not crowd._queue._waiting
    assert crowd._queue._free == 2
