"""`python -m chaos.run`: the platform under fire for a while, its history checked."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx2

from chaos.checker import Verdict, check
from chaos.clients import CREATIONS, REPEATS, Crowd
from chaos.faults import Scourge
from chaos.history import Recorder
from chaos.points import POINTS
from chaos.rig import Rig

# After the last fault: the limits for every component to recover, and for one more key to get a response. Locks of
# killed workers have expired by then.
RECOVERY_SECONDS = 60.0
PATIENCE_SECONDS = 30.0
# Answered keys that are repeated once more at the end; a long run has too many for all.
REPEATED_AT_LAST = 3000
LOG_IN_EVERY = 300.0


@dataclass(frozen=True)
class Outcome:
    """What a run found."""

    seed: int
    verdict: Verdict
    points: Counter[str]
    restarts: dict[str, int]
    history: Path


async def run(folder: Path, seed: int, seconds: float, clients: int, calm: float) -> Outcome:
    """Start a platform in `folder`, write and do harm for `seconds`, then repeat everything and judge."""
    history = folder / "history.jsonl"
    rig = Rig(folder / "state")
    with history.open("w", encoding="utf-8", buffering=1) as file:
        recorder = Recorder(file)
        try:
            await rig.start()
            crowd = Crowd(rig.url, rig.administrator, recorder, seed)
            scourge = Scourge(rig, recorder, crowd.now, seed)
            try:
                await crowd.log_in()
                await crowd.prepare()
                await _fire(crowd, scourge, seconds, clients, calm)
                await _peace(rig, crowd, clients, random.Random(seed))
            finally:
                await crowd.close()
            verdict = check(recorder.events, await rig.effects())
            return Outcome(seed, verdict, scourge.done, rig.restarts(), history)
        finally:
            await rig.stop()


async def _fire(crowd: Crowd, scourge: Scourge, seconds: float, clients: int, calm: float) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    async with asyncio.TaskGroup() as group:
        group.create_task(crowd.write_until(stop, clients))
        group.create_task(scourge.rage_until(stop, calm))
        group.create_task(_stay_logged_in(crowd, stop))


async def _stay_logged_in(crowd: Crowd, stop: asyncio.Event) -> None:
    while True:
        try:
            async with asyncio.timeout(LOG_IN_EVERY):
                await stop.wait()
        except TimeoutError:
            await _log_in(crowd)
        else:
            return


async def _log_in(crowd: Crowd) -> None:
    # a component may be unavailable at this moment
    tries = 100
    while True:
        tries -= 1
        try:
            await crowd.log_in()
        except httpx2.HTTPError:
            if not tries:
                raise
            await asyncio.sleep(0.2)
        else:
            return


async def _peace(rig: Rig, crowd: Crowd, clients: int, chance: random.Random) -> None:
    """Repeat what has no response until it has one, then what has one once more."""
    assert await rig.healthy(RECOVERY_SECONDS), f"the platform did not recover: {rig.restarts()}"
    await _log_in(crowd)
    clock = asyncio.get_running_loop().time
    left, progress = len(crowd.unanswered), clock()
    while left and clock() - progress < PATIENCE_SECONDS:
        await crowd.repeat(list(crowd.unanswered.values())[: 4 * clients], clients)
        if len(crowd.unanswered) < left:
            left, progress = len(crowd.unanswered), clock()
    answered = list(crowd.answered.values())
    await crowd.repeat(chance.sample(answered, min(len(answered), REPEATED_AT_LAST)), clients)


def report(outcome: Outcome) -> str:
    """Return what a person wants to read of a run."""
    counts = outcome.verdict.counts
    restarts = ", ".join(f"{name} {number}" for name, number in sorted(outcome.restarts.items()) if number)
    lines = [
        f"seed {outcome.seed}",
        f"{counts['keys']} keys, {counts['repeats']} repeats, {counts['effects']} effects",
        f"{counts['successes']} answers, of them {counts['replays']} replayed",
        f"{counts['refusals']} refusals, {counts['lost']} lost connections",
        f"{counts['faults']} faults; components started again: {restarts or 'none'}",
        *(f"  {outcome.points[name]:4d} x {name}" for name in ("at random", *(point.name for point in POINTS))),
    ]
    if outcome.verdict.ok:
        lines.append("No key had two effects, no acknowledged effect was lost, every repeat got the first answer.")
    else:
        by_rule = Counter(violation.rule for violation in outcome.verdict.violations)
        lines += [f"VIOLATED: {rule} ({number} keys)" for rule, number in by_rule.items()]
        lines += [f"  {v.rule}: {v.key}: {v.detail}" for v in outcome.verdict.violations[:20]]
        lines.append(f"The history is kept in {outcome.history}.")
    return "\n".join(lines)


def main() -> int:
    """Run once; the history and the platform's logs are kept when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m chaos.run", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="how long clients write and faults happen")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--calm", type=float, default=0.6, help="longest pause between two faults, in seconds")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    # no one but its owner may enter the state folder; PostgreSQL's own user must be able to pass by
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.chmod(0o755)
    sys.stdout.write(
        f"seed {options.seed}, {options.seconds:g} s, {options.clients} clients, {REPEATS:.0%} repeats; "
        f"{CREATIONS:.0%} of the new keys make a member, the others change one\n"
    )
    sys.stdout.flush()
    outcome = asyncio.run(run(folder, options.seed, options.seconds, options.clients, options.calm))
    sys.stdout.write(report(outcome) + "\n")
    if outcome.verdict.ok:
        shutil.rmtree(folder)
    return 0 if outcome.verdict.ok else 1


if __name__ == "__main__":
    sys.exit(main())
