import asyncio
import time

import pytest

from platform_operator.resync import ResyncTimer


async def times(resync, count):
    began, found = time.monotonic(), []
    for _ in range(count):
        await resync.wait()
        found.append(time.monotonic() - began)
    return found


async def test_two_resyncs_follow_a_restarted_watch():
    resync = ResyncTimer(interval=60, after_restart=(0.05, 1.0))
    resync.watch_restarted()
    first, second = await times(resync, 2)
    assert 0.04 <= first < second
    assert second >= 0.99


async def test_several_restarts_are_followed_by_one_resync():
    resync = ResyncTimer(interval=60, after_restart=(1.5,))
    for _ in range(5):
        resync.watch_restarted()
        await asyncio.sleep(0.05)
    waited = asyncio.create_task(resync.wait())
    await asyncio.sleep(0.1)
    assert not waited.done()
    await waited
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(resync.wait(), 0.3)


async def test_a_resync_is_due_at_every_interval():
    assert (await times(ResyncTimer(interval=0.05), 2))[1] >= 0.09


async def test_stop_cancels_the_resyncs():
    resync = ResyncTimer(interval=60, after_restart=(0.01,))
    resync.watch_restarted()
    resync.stop()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(resync.wait(), 0.1)
