"""A run of some seconds: every named point is visited once, and the history holds."""

from __future__ import annotations

import pytest

from chaos.points import POINTS
from chaos.run import report, run

SEED = 5


@pytest.mark.chaos
async def test_writes_happen_once_whatever_is_killed_paused_or_cut_off(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chaos")
    # PostgreSQL's own user must be able to pass by
    folder.chmod(0o755)

    outcome = await run(folder, SEED, seconds=6, clients=12, calm=0)

    assert outcome.verdict.ok, report(outcome)
    assert outcome.verdict.counts["repeats"] > outcome.verdict.counts["keys"] > len(POINTS)
    assert outcome.verdict.counts["faults"] > 0
