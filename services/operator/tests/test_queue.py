"""The work queue: each key once, never twice at a time, later after an error."""

from __future__ import annotations

import asyncio

import pytest

from platform_operator import queue as module
from platform_operator.kube.errors import ApiError
from platform_operator.queue import WorkQueue


@pytest.fixture
def is_leader():
    is_leader = asyncio.Event()
    is_leader.set()
    return is_leader


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(module, "INITIAL_BACKOFF_SECONDS", 0.01)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 (what it waits for is another's state)
            await asyncio.sleep(0.005)


async def test_a_key_that_is_added_often_is_worked_on_once(is_leader):
    done = []

    async def work(key):
        done.append(key)

    queue = WorkQueue(work, is_leader)
    for key in ("a", "b", "a", "a"):
        queue.add(key)
    queue.start()
    await until(lambda: queue.is_idle)
    await queue.stop()
    assert sorted(done) == ["a", "b"]


async def test_a_key_is_never_worked_on_twice_at_a_time_and_once_more_after_news(is_leader):
    running, most, runs = 0, 0, 0
    go = asyncio.Event()

    async def work(_key):
        nonlocal running, most, runs
        running, runs = running + 1, runs + 1
        most = max(most, running)
        await go.wait()
        running -= 1

    queue = WorkQueue(work, is_leader)
    queue.start()
    queue.add("a")
    await until(lambda: running == 1)
    queue.add("a")
    queue.add("a")
    go.set()
    await until(lambda: runs == 2 and queue.is_idle)
    await queue.stop()
    assert most == 1


@pytest.mark.parametrize("error", [ApiError(500, "broken"), ValueError("a bug")])
async def test_after_an_error_a_key_is_tried_again(is_leader, error):
    attempts = 0

    async def work(_key):
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise error

    queue = WorkQueue(work, is_leader)
    queue.start()
    queue.add("a")
    await until(lambda: attempts == 3)
    await queue.stop()


async def test_pauses_grow_and_obey_the_server(is_leader, monkeypatch):
    async def work(_key):
        raise ApiError(429, "slower", retry_after=7)

    queue = WorkQueue(work, is_leader)
    paused = []
    monkeypatch.setattr(queue, "add_later", lambda key, seconds: paused.append((key, seconds)))
    queue.start()
    queue.add("a")
    await until(lambda: paused)
    await queue.stop()
    assert paused == [("a", 7)]
    monkeypatch.setattr(module, "INITIAL_BACKOFF_SECONDS", 1.0)
    pauses = [queue._backoff("b") for _ in range(9)]
    assert pauses[3] > pauses[0]
    assert max(pauses) <= module.MAX_BACKOFF_SECONDS


async def test_others_go_on_while_one_fails(is_leader):
    done = []

    async def work(key):
        if key == "bad":
            raise ApiError(0, "no answer")
        done.append(key)

    queue = WorkQueue(work, is_leader, workers=1)
    queue.start()
    for key in ("bad", "a", "b"):
        queue.add(key)
    await until(lambda: len(done) == 2)
    await queue.stop()


async def test_who_does_not_lead_begins_nothing_and_forgets_nothing(is_leader):
    done, go = [], asyncio.Event()

    async def work(key):
        done.append(key)
        await go.wait()

    queue = WorkQueue(work, is_leader, workers=1)
    queue.start()
    queue.add("a")
    await until(lambda: done == ["a"])
    is_leader.clear()
    for key in ("a", "b"):
        queue.add(key)
    go.set()
    # time enough for whatever is begun wrongly
    await asyncio.sleep(0.1)
    assert done == ["a"]
    assert not queue.is_idle
    is_leader.set()
    await until(lambda: queue.is_idle)
    await queue.stop()
    assert sorted(done) == ["a", "a", "b"]
