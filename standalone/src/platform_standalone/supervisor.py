"""Starts the components in order, keeps them running, stops them in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from platform_standalone.errors import PlatformError
from platform_standalone.keeper import Keeper, PartState
from platform_standalone.parts import Job, Part, Step, check_plan, stop_waves
from platform_standalone.process_table import ProcessTable
from platform_standalone.state import StateFolder

# Called after each step with its name, a description, and its duration in seconds.
Progress = Callable[[str, str, float], None]


class Supervisor:
    """The components of one platform."""

    def __init__(self, steps: Sequence[Step], state: StateFolder, record: ProcessTable) -> None:
        check_plan(steps)
        self._steps = steps
        self.keepers = {
            step.name: Keeper(step, state.log(step.log or step.name), record.set)
            for step in steps
            if isinstance(step, Part)
        }
        self._detached: set[str] = set()

    async def start(self, progress: Progress) -> None:
        """Run each step as soon as its predecessors are done.

        Raises PlatformError if one fails, after stopping everything.
        """
        done = {step.name: asyncio.Event() for step in self._steps}
        try:
            async with asyncio.TaskGroup() as group:
                for step in self._steps:
                    group.create_task(self._take(step, done, progress))
        except BaseException as error:  # noqa: BLE001 (whatever it is, nothing may be left running)
            await self.stop(lambda *_: None)
            refusal = _first_refusal(error)
            raise refusal or error from None

    async def stop(self, progress: Progress) -> None:
        """Stop every component, dependents first."""
        clock = asyncio.get_running_loop().time

        async def stop_one(keeper: Keeper) -> None:
            began, ran = clock(), keeper.pid is not None
            await keeper.stop()
            if ran:
                progress(keeper.part.name, "stopped", clock() - began)

        for wave in stop_waves(self._steps):
            await asyncio.gather(*(stop_one(self.keepers[name]) for name in wave))

    async def detach(self, name: str) -> Part:
        """Stop the part `name` until `release`, and return it. Raises PlatformError if it is not a service."""
        keeper = self.keepers.get(name)
        if keeper is None or not keeper.part.sources:
            known = ", ".join(sorted(name for name, keeper in self.keepers.items() if keeper.part.sources))
            raise PlatformError(f"{name or 'That'} cannot be run with make dev. Choose one of: SERVICE={known}.")
        if name in self._detached:
            raise PlatformError(f"{name} is already run by another make dev. End that first.")
        self._detached.add(name)
        await keeper.detach()
        return keeper.part

    def attach(self, name: str) -> None:
        """Start the detached component `name` again."""
        self._detached.discard(name)
        self.keepers[name].attach()

    def pid(self, name: str) -> int | None:
        """Return the process id of a component, None while it does not run."""
        return self.keepers[name].pid

    async def report(self) -> list[dict[str, Any]]:
        """Return the current state of each component, with a probe of those that run."""
        return list(await asyncio.gather(*(_report(keeper) for keeper in self.keepers.values())))

    async def _take(self, step: Step, done: dict[str, asyncio.Event], progress: Progress) -> None:
        for name in step.after:
            await done[name].wait()
        clock = asyncio.get_running_loop().time
        began = clock()
        if isinstance(step, Job):
            said = await step.run()
            progress(step.name, said, clock() - began)
        else:
            await self.keepers[step.name].start()
            progress(step.name, f"ready on {step.address}", clock() - began)
        done[step.name].set()


def _first_refusal(error: BaseException) -> PlatformError | None:
    """Return the first PlatformError among several failures."""
    if isinstance(error, BaseExceptionGroup):
        return next((refusal for inner in error.exceptions if (refusal := _first_refusal(inner))), None)
    return error if isinstance(error, PlatformError) else None


async def _report(keeper: Keeper) -> dict[str, Any]:
    part = keeper.part
    answers = await part.probe() if keeper.state in {PartState.RUNNING, PartState.DETACHED} else False
    return {
        "name": part.name,
        "address": part.address,
        "pid": keeper.pid,
        "health": _health(keeper.state, answers),
        "restarts": keeper.restarts,
        "last_exit": keeper.last_exit,
        "log": str(keeper.log),
    }


def _health(state: PartState, answers: bool) -> str:
    match state:
        case PartState.RUNNING:
            return "healthy" if answers else "unhealthy"
        case PartState.DETACHED:
            return "detached (make dev)" if answers else "detached (make dev), not responding"
        case _:
            return str(state)
