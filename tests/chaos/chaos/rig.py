"""The platform under test, started by the supervisor on free ports, with a proxy between selected components."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import psycopg

from chaos.link import Link
from chaos.points import DATABASE, FRONT, SERVICE, STORE
from platform_standalone.backoff import Backoff
from platform_standalone.credentials import load_credentials
from platform_standalone.ports import free_ports
from platform_standalone.process_runner import ComponentState, ProcessRunner
from platform_standalone.process_table import RECORD, ProcessTable
from platform_standalone.settings import PlatformSettings
from platform_standalone.state import StateFolder
from platform_standalone.steps import Component, Job, Step
from platform_standalone.supervisor import Supervisor
from platform_standalone.topology import plan

CHECKOUT = Path(__file__).resolve().parents[3]

# A lock outlives whatever the gateway waits for, and a run outlives the locks that killed workers leave.
LOCK_SECONDS = 5
UPSTREAM_MILLISECONDS = 3000
STORE_MILLISECONDS = 1000

# Members and every change of them, with the name that the request gave: each request gives a name of its own.
WITNESS = """
create table effects (id bigint generated always as identity primary key, name text not null);
create function witness() returns trigger language plpgsql security definer as $$
begin
    insert into public.effects (name) values (new.display_name);
    return new;
end $$;
create trigger witness after insert or update of display_name on members for each row execute function witness();
"""


class Rig:
    """One platform in `folder`."""

    def __init__(self, folder: Path) -> None:
        state = StateFolder(folder)
        state.create()
        credentials = load_credentials(state.credentials)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MEMBER_", "AUTH_", "PLATFORM_")) and not name.endswith("PORT")
        }
        self.settings = PlatformSettings(CHECKOUT, state, free_ports(), "127.0.0.1", credentials, environment)
        ports = self.settings.ports
        self.links = {
            STORE: Link(ports.valkey_idempotency),
            SERVICE: Link(ports.member),
            DATABASE: Link(ports.postgres),
            FRONT: Link(ports.edge),
        }
        self._supervisor: Supervisor | None = None

    @property
    def url(self) -> str:
        """Where clients go."""
        return f"http://127.0.0.1:{self.links[FRONT].port}"

    @property
    def administrator(self) -> dict[str, str]:
        """The first administrator's e-mail address and password."""
        document: dict[str, str] = json.loads(self.settings.state.administrator.read_text())
        return document

    async def start(self) -> None:
        """Start everything and begin to witness."""
        for link in self.links.values():
            await link.start()
        state = self.settings.state
        self._supervisor = Supervisor(self._steps(), state, ProcessTable(state.run / RECORD))
        for runner in self._supervisor.runners.values():
            runner._backoff = Backoff(first=0.05, longest=0.2)
        await self._supervisor.start(lambda *_: None)
        async with await self._database() as connection:
            await connection.execute(WITNESS)

    async def stop(self) -> None:
        """Stop everything."""
        if self._supervisor is not None:
            await self._supervisor.stop(lambda *_: None)
        for link in self.links.values():
            await link.stop()

    async def effects(self) -> dict[str, int]:
        """Return how often each name was given to a member."""
        async with await self._database() as connection:
            rows = await connection.execute("select name, count(*) from effects group by name")
            return {str(name): int(count) for name, count in await rows.fetchall()}

    def kill(self, component: str) -> None:
        """SIGKILL the component."""
        self._signal(self._processes(component)[:1], signal.SIGKILL)

    def kill_workers(self, component: str) -> None:
        """SIGKILL the component's workers; its master starts new ones."""
        self._signal(self._processes(component)[1:], signal.SIGKILL)

    async def pause(self, component: str, seconds: float) -> None:
        """SIGSTOP the component and all its workers for a time."""
        processes = self._processes(component)
        self._signal(processes, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._signal(processes, signal.SIGCONT)

    async def healthy(self, seconds: float) -> bool:
        """Wait until every component runs and responses; False when that takes longer than `seconds`."""
        assert self._supervisor is not None
        runners = self._supervisor.runners.values()
        try:
            async with asyncio.timeout(seconds):
                while not all([await _is_healthy(runner) for runner in runners]):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return False
        return True

    def running(self) -> bool:
        """Whether no component is about to be started again."""
        assert self._supervisor is not None
        return all(runner.state is ComponentState.RUNNING for runner in self._supervisor.runners.values())

    def restarts(self) -> dict[str, int]:
        """Return how often each component was started again."""
        assert self._supervisor is not None
        return {name: runner.restarts for name, runner in self._supervisor.runners.items()}

    def _processes(self, component: str) -> list[psutil.Process]:
        assert self._supervisor is not None
        pid = self._supervisor.runners[component].pid
        if pid is None:
            return []
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            return [process, *process.children(recursive=True)]
        return []

    @staticmethod
    def _signal(processes: Sequence[psutil.Process], how: signal.Signals) -> None:
        for process in processes:
            # psutil checks that the id is still this very process's
            with suppress(psutil.NoSuchProcess):
                process.send_signal(how)

    async def _database(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self.settings.member_owner_url, autocommit=True)

    def _steps(self) -> list[Step]:
        return [self._linked(step) for step in plan(self.settings)]

    def _linked(self, step: Step) -> Step:
        """Return the step with its component connected to others by our links."""
        if isinstance(step, Component) and step.name == "member":
            url = step.environment["MEMBER_DATABASE_URL"]
            ports = f":{self.settings.ports.postgres}/", f":{self.links[DATABASE].port}/"
            return replace(step, environment={**step.environment, "MEMBER_DATABASE_URL": url.replace(*ports)})
        if isinstance(step, Job) and step.name == "gateway configuration":

            async def write_and_link(write: Job = step) -> str:
                said = await write.run()
                self._link_gateway()
                return said

            return replace(step, run=write_and_link)
        return step

    def _link_gateway(self) -> None:
        path = self.settings.state.root / "gateway" / "routes.json"
        document = json.loads(path.read_text())
        member = document["services"]["member"]
        member["upstreams"] = [f"127.0.0.1:{self.links[SERVICE].port}"]
        member["read_timeout_ms"] = UPSTREAM_MILLISECONDS
        for route in document["routes"]:
            for plugin in route.get("plugins", []):  # a closed path has none
                config = plugin["config"]
                config["lock_ttl"] = LOCK_SECONDS
                config["redis"] |= {"port": self.links[STORE].port, "timeout": STORE_MILLISECONDS}
        path.write_text(json.dumps(document))


async def _is_healthy(runner: ProcessRunner) -> bool:
    return runner.state is ComponentState.RUNNING and await runner.component.probe()
