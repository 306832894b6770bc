import asyncio
import time

import pytest

from platform_operator.resync import Resync


async def times(resync, count):
    began, found = time.monotonic(), []
    for _ in range(count):
        await resync.wait()
        found.append(time.monotonic() - began)
    return found


async def test_a_list_is_followed_by_two_more_looks():
    resync = Resync(every=60, after_a_list=(0.05, 1.0))
    resync.listed()
    first, second = await times(resync, 2)
    assert 0.04 <= first < second
    assert second >= 0.99


async def test_news_of_a_list_in_a_row_are_followed_by_one_look_after_the_last():
    resync = Resync(every=60, after_a_list=(1.5,))
    for _ in range(5):
        resync.listed()
        await asyncio.sleep(0.05)
    waited = asyncio.create_task(resync.wait())
    await asyncio.sleep(0.1)
    assert not waited.done()
    await waited
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(resync.wait(), 0.3)


async def test_without_any_list_it_is_time_every_so_often():
    assert (await times(Resync(every=0.05), 2))[1] >= 0.09


async def test_what_is_stopped_comes_no_more():
    resync = Resync(every=60, after_a_list=(0.01,))
    resync.listed()
    resync.stop()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(resync.wait(), 0.1)
