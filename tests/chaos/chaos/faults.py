"""What is done to the platform, at random moments and at each named point."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

from chaos.history import Fault, Recorder
from chaos.link import Trap
from chaos.points import POINTS, Point
from chaos.rig import Rig

KILLED = ("gateway", "member", "valkey-idempotency", "valkey", "postgres", "edge", "auth")
PAUSED = ("gateway", "member", "valkey-idempotency", "valkey", "postgres")
PAUSES = (0.2, 0.8, 1.5, 2.5)  # seconds; the longer ones exceed what the gateway waits for
CUTS = (0.1, 0.5, 1.5)

# A point that no one passes is left (seconds).
PATIENCE = 3.0
RECOVERY = 30.0

Do = Callable[[], Awaitable[None]]


class Scourge:
    """Chooses a fault, waits for its moment, commits it, lets the platform recover, and starts again."""

    def __init__(self, rig: Rig, recorder: Recorder, now: Callable[[], float], seed: int) -> None:
        self._rig = rig
        self._recorder = recorder
        self._now = now
        self._random = random.Random(seed)
        self._background: set[asyncio.Task[None]] = set()
        self._points = self._all_points()
        self.done: Counter[str] = Counter()

    async def rage_until(self, stop: asyncio.Event, calm: float) -> None:
        """Do harm until `stop` is set, with up to `calm` seconds of peace in between."""
        while not stop.is_set():
            if self._random.random() < 0.6:
                await self._at_point(next(self._points))
            else:
                await self._at_random()
            await self._recover()
            await asyncio.sleep(self._random.uniform(0, calm))
        await asyncio.gather(*self._background)

    def _all_points(self) -> Iterator[Point]:
        """Yield every point again and again, in another order each time."""
        while True:
            yield from self._random.sample(POINTS, len(POINTS))

    async def _at_point(self, point: Point) -> None:
        link = self._rig.links[point.link]
        what, to, do = self._choose()
        finished = asyncio.Event()

        async def act() -> None:
            self._note(what, to, point)
            try:
                await do()
            finally:
                finished.set()

        trap = Trap(point.watch, act)
        link.set_trap(trap)
        try:
            async with asyncio.timeout(PATIENCE):
                await trap.sprung.wait()
        except TimeoutError:
            link.set_trap(None)
            return
        await finished.wait()

    async def _at_random(self) -> None:
        what, to, do = self._choose()
        self._note(what, to, None)
        await do()

    def _choose(self) -> tuple[str, str, Do]:
        kind = self._random.choices(("kill", "kill workers", "pause", "cut", "swallow"), (5, 3, 3, 3, 1))[0]
        match kind:
            case "kill":
                component = self._random.choices(KILLED, (5, 5, 4, 1, 3, 1, 1))[0]
                return kind, component, self._now_and_then(lambda: self._rig.kill(component))
            case "kill workers":
                return kind, "gateway", self._now_and_then(lambda: self._rig.kill_workers("gateway"))
            case "pause":
                component, seconds = self._random.choice(PAUSED), self._random.choice(PAUSES)
                return kind, component, self._aside(lambda: self._rig.pause(component, seconds))
            case _:
                name, seconds = self._random.choice(list(self._rig.links)), self._random.choice(CUTS)
                link = self._rig.links[name]
                return kind, name, self._aside(lambda: (link.cut if kind == "cut" else link.swallow)(seconds))

    @staticmethod
    def _now_and_then(act: Callable[[], None]) -> Do:
        async def do() -> None:
            act()
            # the kernel closes the dead one's sockets before the held bytes move on
            await asyncio.sleep(0.02)

        return do

    def _aside(self, act: Callable[[], Awaitable[None]]) -> Do:
        """Begin it, and let the held bytes move on while it lasts."""

        async def whole() -> None:
            await act()

        async def do() -> None:
            task = asyncio.create_task(whole())
            self._background.add(task)
            task.add_done_callback(self._background.discard)
            await asyncio.sleep(0.01)

        return do

    async def _recover(self) -> None:
        while self._background:
            await asyncio.gather(*self._background)
        try:
            async with asyncio.timeout(RECOVERY):
                while not self._rig.running():  # noqa: ASYNC110 (a component that came back raises no event)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(
                f"a component did not come back within {RECOVERY:g} s: {self._rig.restarts()}"
            ) from None

    def _note(self, what: str, to: str, point: Point | None) -> None:
        self._recorder.note(Fault(self._now(), what, to, point.name if point else None))
        self.done[point.name if point else "at random"] += 1
