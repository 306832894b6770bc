from __future__ import annotations

import pytest

from platform_common.waiting import NotYetAvailable, wait_until_available


async def test_waiting_ends_when_the_dependency_is_available():
    attempts = []

    async def check():
        attempts.append(1)
        if len(attempts) < 3:
            raise NotYetAvailable("does not respond")

    assert await wait_until_available(check, seconds=30) is None
    assert len(attempts) == 3


async def test_waiting_in_vain_returns_the_last_reason():
    reasons = iter(["first", *["then"] * 1000])

    async def check():
        raise NotYetAvailable(next(reasons))

    assert await wait_until_available(check, seconds=0.5) == "then"


async def test_an_error_that_waiting_does_not_help_ends_it():
    async def check():
        raise PermissionError

    with pytest.raises(PermissionError):
        await wait_until_available(check, seconds=30)
