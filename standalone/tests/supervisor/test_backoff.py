"""How long a component that died waits."""

from __future__ import annotations

from platform_standalone.backoff import Backoff


def test_waits_double_up_to_the_longest():
    backoff = Backoff(first=0.1, longest=0.5)

    assert [backoff.delay(lived=0) for _ in range(5)] == [0.1, 0.2, 0.4, 0.5, 0.5]


def test_a_while_of_health_starts_afresh():
    backoff = Backoff(first=0.1, healthy_after=20)
    backoff.delay(lived=0)
    backoff.delay(lived=19)

    assert backoff.delay(lived=20) == 0.1
