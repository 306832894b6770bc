"""The whole platform, by its command, once: what a person does in a first hour."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from platform_standalone.process_table import RECORD, ProcessTable
from platform_standalone.processes import session_alive
from platform_standalone.state import StateFolder

STORES = {"postgres", "valkey", "valkey-idempotency"}
COMPONENTS = {*STORES, "member", "mail-worker", "mailbox", "auth", "shop", "web", "gateway", "edge"}


@dataclass
class Command:
    """The command `member-platform` on one state folder."""

    state: StateFolder

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        inherited = {name: value for name, value in os.environ.items() if not name.endswith("PORT")}
        return subprocess.run(
            self._line(*arguments), capture_output=True, text=True, env=inherited | environment, check=False
        )

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Run it as from a terminal, where Ctrl-C is not ignored, and go on."""
        line = ["env", "--default-signal=INT", *self._line(*arguments)]
        return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def _line(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "platform_standalone", *arguments, "--state", str(self.state.root)]

    def status(self) -> dict[str, Any]:
        """The state of this moment."""
        document: dict[str, Any] = json.loads(self("status", "--json").stdout)
        return document

    def pids(self) -> dict[str, int]:
        """Each component's process id."""
        return {component["name"]: component["pid"] for component in self.status()["components"]}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """The platform, running; its state folder has a space in its name."""
    folder = tmp_path_factory.mktemp("platform")
    folder.chmod(0o755)
    command = Command(StateFolder(folder / "state of mine"))
    up = command("up", "--free-ports")
    assert up.returncode == 0, up.stdout + up.stderr
    yield command
    command("down")


def test_every_component_runs_on_loopback_and_is_healthy(platform: Command):
    components = platform.status()["components"]

    assert {component["name"] for component in components} == COMPONENTS
    assert {component["health"] for component in components} == {"healthy"}
    assert {component["address"].split(":")[0] for component in components} == {"127.0.0.1"}
    assert all(Path(component["log"]).is_file() for component in components)


def test_the_administrator_comes_as_json(platform: Command):
    document = json.loads(platform("admin").stdout)

    assert set(document) == {"email", "password"}


def test_secrets_are_their_owners_alone(platform: Command):
    root = platform.state.root
    files = [path for path in root.iterdir() if path.suffix == ".json"]

    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in [*files, *(root / "run").glob("valkey*.conf")]} == {0o600}
    assert root / "credentials.json" in files


@pytest.mark.parametrize("component", ["valkey", "valkey-idempotency"])
def test_each_store_has_a_limit_of_memory_and_evicts_nothing(platform: Command, component: str):
    lines = (platform.state.root / "run" / f"{component}.conf").read_text().splitlines()

    assert {"maxmemory 256mb", "maxmemory-policy noeviction"} <= set(lines)


def test_no_secret_is_on_a_command_line_or_in_a_log(platform: Command):
    secrets = json.loads(platform.state.credentials.read_text()).values()
    seen = [path.read_text(errors="replace") for path in platform.state.logs.iterdir()]
    seen += [Path(f"/proc/{pid}/cmdline").read_text() for pid in platform.pids().values()]

    assert not [text for text in seen if any(secret in text for secret in secrets)]


def test_the_lines_to_try_work_as_pasted(platform: Command):
    again = platform("up", PORT=platform.status()["url"].rsplit(":")[-1])
    lines = [line for line in again.stdout.splitlines() if re.match(r"  (TOKEN=|curl )", line)]
    assert len(lines) == 3

    shell = subprocess.run(
        ["bash", "-c", "\n".join([*lines, lines[-1]])], capture_output=True, text=True, check=True, cwd="/"
    )

    who, first, second = re.split(r"^HTTP/1\.1 200 OK$", shell.stdout, flags=re.MULTILINE)
    assert json.loads(who)["roles"] == ["admin", "member"]
    assert "Idempotent-Replayed: true" not in first
    assert "Idempotent-Replayed: true" in second
    assert first.rstrip().splitlines()[-1] == second.rstrip().splitlines()[-1]
    assert '"display_name":"Ada Lovelace"' in second


def test_up_twice_says_so_and_changes_nothing(platform: Command):
    before = platform.pids()
    again = platform("up", PORT=platform.status()["url"].rsplit(":")[-1])

    assert again.returncode == 0
    assert again.stdout.startswith("The platform is already running at http://127.0.0.1:")
    assert platform.pids() == before


def test_up_without_the_port_of_the_first_start_changes_nothing(platform: Command):
    before = platform.pids()
    again = platform("up")

    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith(
        f"The platform is already running at {platform.status()['url']}; nothing was changed."
    )
    assert platform.pids() == before


def test_up_on_another_port_says_what_to_do(platform: Command):
    before = platform.pids()
    elsewhere = platform("up", "--free-ports")

    assert elsewhere.returncode == 1
    assert elsewhere.stderr.endswith("To change the port, run make down first.\n")
    assert platform.pids() == before


def test_a_port_in_use_is_one_sentence(platform: Command, tmp_path: Path):
    taken = platform.status()["url"].rsplit(":")[-1]
    other = Command(StateFolder(tmp_path / "other"))
    refused = other("up", PORT=taken)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Port {taken} (edge) is in use by nginx")
    assert refused.stderr.count("\n") == 1
    assert other.status()["running"] is False


@pytest.mark.chaos
@pytest.mark.parametrize("name", sorted(COMPONENTS))
def test_a_component_that_was_killed_comes_back(platform: Command, name: str, wait_until: Callable[..., None]):
    before = platform.pids()
    os.kill(before[name], signal.SIGKILL)

    def recovered() -> bool:
        now = platform.status()["components"]
        component = next(component for component in now if component["name"] == name)
        return component["pid"] not in {None, before[name]} and {component["health"] for component in now} == {
            "healthy"
        }

    wait_until(recovered, f"{name} is back")
    assert {other: pid for other, pid in platform.pids().items() if other != name} == {
        other: pid for other, pid in before.items() if other != name
    }


def test_dev_runs_a_service_here_and_gives_it_back(platform: Command, wait_until: Callable[..., None]):
    supervised = platform.pids()["member"]
    with platform.begin("dev", "member") as dev:
        try:
            wait_until(lambda: health(platform) == "detached (make dev)", "it answers from here")
            assert platform.pids()["member"] is None
        finally:
            dev.send_signal(signal.SIGINT)
    wait_until(lambda: health(platform) == "healthy", "it runs under the supervisor again")
    assert platform.pids()["member"] not in {None, supervised}


@pytest.mark.chaos
def test_dev_that_was_killed_leaves_its_service_to_the_supervisor(platform: Command, wait_until: Callable[..., None]):
    with platform.begin("dev", "auth") as dev:
        try:
            wait_until(lambda: health(platform, "auth") == "detached (make dev)", "it answers from here")
        finally:
            dev.kill()
    wait_until(lambda: health(platform, "auth") == "healthy", "it runs under the supervisor again")


@pytest.mark.chaos
def test_state_outlives_a_killed_supervisor_and_moves_to_other_ports(platform: Command):
    processes = ProcessTable(platform.state.run / RECORD).load()
    os.kill(platform.status()["supervisor"], signal.SIGKILL)

    up = platform("up", "--free-ports")

    assert up.returncode == 0, up.stdout + up.stderr
    assert len(processes) == len(COMPONENTS) + 1
    assert not [name for name, process in processes.items() if session_alive(process)]
    admin = json.loads(platform("admin").stdout)
    login = subprocess.run(
        ["curl", "-sf", f"{platform.status()['url']}/auth/login", "--json", json.dumps(admin)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(login.stdout)["member"]["email"] == admin["email"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_start_leaves_nothing(tmp_path: Path, how: signal.Signals):
    tmp_path.chmod(0o755)
    command = Command(StateFolder(tmp_path / "state"))
    with command.begin("up", "--free-ports") as up:
        assert up.stdout is not None
        up.stdout.readline()
        processes = ProcessTable(command.state.run / RECORD).load()
        up.send_signal(how)
        up.stdout.read()

    assert up.returncode == 130
    assert ProcessTable.SUPERVISOR in processes
    assert not [name for name, process in processes.items() if session_alive(process)]
    assert command.status()["running"] is False


def test_a_wrong_value_of_a_service_is_one_sentence_and_starts_nothing(tmp_path: Path):
    tmp_path.chmod(0o755)
    command = Command(StateFolder(tmp_path / "state"))
    refused = command("up", "--free-ports", AUTH_SESSION_IDLE_TIMEOUT_SECONDS="soon")

    assert refused.returncode == 1
    assert refused.stderr.startswith("auth: Wrong settings: AUTH_SESSION_IDLE_")
    assert refused.stderr.count("\n") == 1
    nothing = {"running": False, "orphans": [], "components": [], "joined": []}
    assert command.status() == nothing | {"state": str(tmp_path / "state")}


def test_a_misspelt_setting_is_named_with_the_right_one(tmp_path: Path):
    command = Command(StateFolder(tmp_path / "state"))
    refused = command("up", "--free-ports", MEMBER_PASWORD_X="1", MEMBER_PORTT="1")

    assert refused.returncode == 1
    assert "MEMBER_PORTT is not a setting (did you mean MEMBER_PORT?)" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_down_leaves_no_process_and_reset_no_state(platform: Command):
    """Last: it takes the platform away."""
    processes = ProcessTable(platform.state.run / RECORD).load()
    assert platform("reset").returncode == 1

    down = platform("down")

    assert down.returncode == 0, down.stderr
    stopped = [line.split()[0] for line in down.stdout.splitlines() if " stopped " in line]
    assert (stopped[0], set(stopped)) == ("edge", COMPONENTS)
    assert not [name for name, process in processes.items() if session_alive(process)]
    assert "make reset YES=1" in platform("reset").stderr
    assert platform("reset", "--yes").returncode == 0
    assert not platform.state.root.exists()


def health(command: Command, name: str = "member") -> str:
    """What `status` says of a component."""
    return str(next(component["health"] for component in command.status()["components"] if component["name"] == name))
