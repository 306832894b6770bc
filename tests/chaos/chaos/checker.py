"""What a history must look like for writes to have happened once. Pure: it reads events and counts, nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chaos.history import Answered, Event, Fault, Lost, Sent

# What a client may receive instead of the response (status, code of the problem): repeat it later, with the same key.
DOCUMENTED_REFUSALS = frozenset(
    {
        # the plugin, and the service's records
        (409, "idempotency-in-flight"),
        (503, "idempotency-unavailable"),
        # edge and gateway
        (502, "upstream-unreachable"),
        (503, "upstream-unavailable"),
        (504, "upstream-timeout"),
        (503, "authentication-unavailable"),
        # services whose database, session store, keys or neighbour is unavailable, or who have too much to do
        (503, "database-unavailable"),
        (503, "dependency-unavailable"),
        (503, "hashing-overloaded"),
        (503, "jwks-unavailable"),
        (503, "member-unavailable"),
        (503, "overloaded"),
        (503, "session-store-unavailable"),
    }
)


@dataclass(frozen=True)
class Violation:
    """One promise that was broken, for one key."""

    rule: str
    key: str
    detail: str


@dataclass
class Verdict:
    """What was found, and how much was looked at."""

    violations: list[Violation] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        return not self.violations


@dataclass
class _Key:
    sent: list[Sent] = field(default_factory=list)
    responses: list[Answered] = field(default_factory=list)

    @property
    def successes(self) -> list[Answered]:
        return [response for response in self.responses if 200 <= response.status < 300]


def check(history: Iterable[Event], effects: Mapping[str, int]) -> Verdict:
    """Judge a finished run. `effects` says how often the database shows each key's effect.

    The run must have repeated every key until it was answered; one that never was is a violation too.
    """
    keys: dict[str, _Key] = defaultdict(_Key)
    counts: Counter[str] = Counter()
    for event in history:
        match event:
            case Sent():
                counts["repeats" if keys[event.key].sent else "keys"] += 1
                keys[event.key].sent.append(event)
            case Answered():
                keys[event.key].responses.append(event)
            case Lost():
                counts["lost"] += 1
            case Fault():
                counts["faults"] += 1

    violations: list[Violation] = []
    for key, seen in keys.items():
        counts["effects"] += effects.get(key, 0)
        counts["successes"] += len(seen.successes)
        counts["replays"] += sum(response.replayed for response in seen.successes)
        counts["refusals"] += len(seen.responses) - len(seen.successes)
        violations += _judge(key, seen, effects.get(key, 0))
    violations += [
        Violation("effect that no one asked for", key, f"{count} in the database")
        for key, count in effects.items()
        if key not in keys
    ]
    return Verdict(violations, counts)


def _judge(key: str, seen: _Key, effects: int) -> Iterable[Violation]:
    if effects > 1:
        yield Violation("two effects for one key", key, f"{effects} in the database")

    successes = seen.successes
    if successes and not effects:
        first = successes[0]
        yield Violation("lost acknowledged effect", key, f"attempt {first.attempt} was answered {first.status}")
    if not successes:
        yield Violation("never answered", key, f"{len(seen.sent)} attempts")

    if differing := [response for response in successes if response.digest != successes[0].digest]:
        yield Violation(
            "repeat with another answer than the first",
            key,
            f"attempt {successes[0].attempt}: {successes[0].status} {successes[0].digest}, "
            f"attempt {differing[0].attempt}: {differing[0].status} {differing[0].digest}",
        )

    for response in seen.responses:
        if response not in successes and (response.status, response.code) not in DOCUMENTED_REFUSALS:
            yield Violation(
                "undocumented refusal", key, f"attempt {response.attempt}: {response.status} {response.code}"
            )

    # only what was asked before can be played again
    first_sent = min((sent.attempt for sent in seen.sent), default=None)
    for response in successes:
        if response.replayed and response.attempt == first_sent and response.at <= _second_sent_at(seen):
            yield Violation("replay of nothing", key, f"attempt {response.attempt} is the first")


def _second_sent_at(seen: _Key) -> float:
    times = sorted(sent.at for sent in seen.sent)
    return times[1] if len(times) > 1 else float("inf")
