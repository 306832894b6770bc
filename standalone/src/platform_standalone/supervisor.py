"""Starts the components in order, keeps them running, stops them in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from platform_standalone.errors import PlatformError
from platform_standalone.process_runner import ComponentState, ProcessRunner
from platform_standalone.process_table import ProcessTable
from platform_standalone.state import StateFolder
from platform_standalone.steps import Component, Job, Step, check_plan, stop_waves

# Called after each step with its name, a description, and its duration in seconds.
Progress = Callable[[str, str, float], None]


class Supervisor:
    """The components of one platform."""

    def __init__(self, steps: Sequence[Step], state: StateFolder, record: ProcessTable) -> None:
        check_plan(steps)
        self._steps = steps
        self.runners = {
            step.name: ProcessRunner(step, state.log(step.log or step.name), record.set)
            for step in steps
            if isinstance(step, Component)
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
                    group.create_task(self._run_step(step, done, progress))
        except BaseException as error:  # noqa: BLE001 (whatever it is, nothing may be left running)
            await self.stop(lambda *_: None)
            refusal = _first_refusal(error)
            raise refusal or error from None

    async def stop(self, progress: Progress) -> None:
        """Stop every component, dependents first."""
        clock = asyncio.get_running_loop().time

        async def stop_one(runner: ProcessRunner) -> None:
            began, ran = clock(), runner.pid is not None
            await runner.stop()
            if ran:
                progress(runner.component.name, "stopped", clock() - began)

        for wave in stop_waves(self._steps):
            await asyncio.gather(*(stop_one(self.runners[name]) for name in wave))

    async def detach(self, name: str) -> Component:
        """Stop the component `name` until `attach`, and return it. Raises PlatformError if it is not a service."""
        runner = self.runners.get(name)
        if runner is None or not runner.component.sources:
            known = ", ".join(sorted(name for name, runner in self.runners.items() if runner.component.sources))
            raise PlatformError(f"{name or 'That'} cannot be run with make dev. Choose one of: SERVICE={known}.")
        if name in self._detached:
            raise PlatformError(f"{name} is already run by another make dev. End that first.")
        self._detached.add(name)
        await runner.detach()
        return runner.component

    def attach(self, name: str) -> None:
        """Start the detached component `name` again."""
        self._detached.discard(name)
        self.runners[name].attach()

    def pid(self, name: str) -> int | None:
        """Return the process id of a component, None while it does not run."""
        return self.runners[name].pid

    async def report(self) -> list[dict[str, Any]]:
        """Return the current state of each component, with a probe of those that run."""
        return list(await asyncio.gather(*(_report(runner) for runner in self.runners.values())))

    async def _run_step(self, step: Step, done: dict[str, asyncio.Event], progress: Progress) -> None:
        for name in step.after:
            await done[name].wait()
        clock = asyncio.get_running_loop().time
        began = clock()
        if isinstance(step, Job):
            said = await step.run()
            progress(step.name, said, clock() - began)
        else:
            await self.runners[step.name].start()
            progress(step.name, f"ready on {step.address}", clock() - began)
        done[step.name].set()


def _first_refusal(error: BaseException) -> PlatformError | None:
    """Return the first PlatformError among several failures."""
    if isinstance(error, BaseExceptionGroup):
        return next((refusal for inner in error.exceptions if (refusal := _first_refusal(inner))), None)
    return error if isinstance(error, PlatformError) else None


async def _report(runner: ProcessRunner) -> dict[str, Any]:
    component = runner.component
    is_ready = await component.probe() if runner.state in {ComponentState.RUNNING, ComponentState.DETACHED} else False
    return {
        "name": component.name,
        "address": component.address,
        "pid": runner.pid,
        "health": _health(runner.state, is_ready),
        "restarts": runner.restarts,
        "last_exit": runner.last_exit,
        "log": str(runner.log),
    }


def _health(state: ComponentState, is_ready: bool) -> str:
    match state:
        case ComponentState.RUNNING:
            return "healthy" if is_ready else "unhealthy"
        case ComponentState.DETACHED:
            return "detached (make dev)" if is_ready else "detached (make dev), not responding"
        case _:
            return str(state)
