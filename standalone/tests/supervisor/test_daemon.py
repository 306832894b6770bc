"""The supervisor's process: one for a state folder, and nothing outlives it."""

from __future__ import annotations

import os
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from platform_standalone.commands.down import down
from platform_standalone.commands.reset import reset
from platform_standalone.commands.status import print_status
from platform_standalone.control import send_command
from platform_standalone.errors import PlatformError
from platform_standalone.ports import free_ports
from platform_standalone.processes import session_alive
from platform_standalone.state import StateFolder

ROOT = Path(__file__).parents[3]


def test_it_tells_each_step_and_then_that_all_is_ready(start_fake):
    platform = start_fake()

    assert [message["name"] for message in platform.messages[:-1]][-1] == "edge"
    assert platform.messages[-1] == {"event": "ready"}
    assert {component["health"] for component in platform.status()["components"]} == {"healthy"}


def test_a_second_start_changes_nothing(start_fake):
    first = start_fake()
    before = first.processes()
    second = start_fake()

    assert second.messages == [{"event": "already"}]
    assert second.process.wait() == 0
    assert first.processes() == before


def test_a_port_in_use_leaves_nothing_started(start_fake):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = replace(free_ports(), member=taken.getsockname()[1])
        platform = start_fake(ports=ports)

    assert platform.messages[0]["event"] == "error"
    assert f"Port {ports.member} (member) is in use" in platform.messages[0]["message"]
    assert platform.process.wait() == 1
    assert platform.processes() == {}


def test_a_component_that_fails_leaves_nothing_started(start_fake, state: StateFolder):
    platform = start_fake(break_component="edge")

    assert "edge ended before it was ready (exit code 1): edge does not want to" in platform.messages[-1]["message"]
    assert platform.process.wait() == 1
    assert platform.status() == {"running": False, "state": str(state.root), "orphans": [], "components": []}


def test_a_component_that_was_killed_comes_back_and_status_counts_it(start_fake, wait_until):
    platform = start_fake()
    first = platform.component("member")["pid"]
    os.kill(first, signal.SIGKILL)

    wait_until(lambda: platform.component("member")["restarts"] == 1, "it is counted")
    wait_until(lambda: platform.component("member")["health"] == "healthy", "it is back")
    assert platform.component("member")["pid"] != first
    assert platform.component("member")["last_exit"] == "signal 9"


def test_a_component_that_hangs_shows_as_unhealthy(start_fake, wait_until):
    platform = start_fake()
    pid = platform.component("member")["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: platform.component("member")["health"] == "unhealthy", "it is seen")
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: platform.component("member")["health"] == "healthy", "it is back")


def test_down_leaves_no_process(start_fake, state: StateFolder):
    platform = start_fake()
    processes = platform.processes()

    assert down(state) == 0

    assert len(processes) == 4
    assert not [name for name, process in processes.items() if session_alive(process)]
    assert platform.process.wait() == 0


def test_down_twice_is_no_fault(start_fake, state: StateFolder, capsys):
    start_fake()
    down(state)
    capsys.readouterr()

    assert down(state) == 0
    assert capsys.readouterr().out == "The platform is not running.\n"


def test_a_killed_supervisor_takes_its_components_with_it(start_fake, wait_until):
    platform = start_fake()
    processes = platform.processes()
    platform.process.kill()

    for name, process in processes.items():
        wait_until(lambda process=process: not process.alive(), f"{name} has ended")


def test_down_after_a_killed_supervisor_ends_what_is_left(start_fake, state: StateFolder, monkeypatch):
    monkeypatch.setattr("platform_standalone.process_table.ORPHAN_SECONDS", 0.5)
    platform = start_fake()
    processes = platform.processes()
    os.kill(processes["member"].pid, signal.SIGSTOP)
    platform.process.kill()
    platform.process.wait()

    assert down(state) == 0

    assert not [name for name, process in processes.items() if session_alive(process)]


def test_a_start_after_a_killed_supervisor_clears_up_first(start_fake):
    killed = start_fake()
    before = killed.processes()
    killed.process.kill()
    killed.process.wait()

    again = start_fake(ports=killed.ports)

    assert again.messages[-1] == {"event": "ready"}
    assert not [name for name, process in before.items() if session_alive(process)]


def test_a_supervisor_that_hangs_is_ended_all_the_same(start_fake, state: StateFolder, monkeypatch):
    monkeypatch.setattr("platform_standalone.commands.down.STOP_SECONDS", 0.5)
    platform = start_fake()
    processes = platform.processes()
    platform.process.send_signal(signal.SIGSTOP)

    assert down(state) == 0

    assert platform.process.wait() == -signal.SIGKILL
    assert not [name for name, process in processes.items() if session_alive(process)]


def test_a_detached_component_comes_back_when_its_owner_has_gone(start_fake, state: StateFolder, wait_until):
    platform = start_fake()
    with send_command(state.run, {"command": "take-over", "component": "member"}) as responses:
        detached = next(responses)
        assert detached["event"] == "detached"
        assert detached["command"]
        assert platform.component("member")["health"] == "detached (make dev), not responding"

    wait_until(lambda: platform.component("member")["health"] == "healthy", "it is back")
    assert platform.component("member")["restarts"] == 0


def test_down_while_a_component_is_detached(start_fake, state: StateFolder):
    platform = start_fake()
    with send_command(state.run, {"command": "take-over", "component": "member"}) as responses:
        next(responses)
        assert down(state) == 0

    assert platform.process.wait() == 0


def test_reset_refuses_while_the_platform_runs(start_fake, state: StateFolder):
    start_fake()

    with pytest.raises(PlatformError, match="make down before"):
        reset(state, confirmed=True)

    down(state)
    assert reset(state, confirmed=True) == 0
    assert not state.root.exists()


def test_reset_deletes_nothing_without_a_yes(state: StateFolder, monkeypatch, capsys):
    state.create()
    with pytest.raises(PlatformError, match="make reset YES=1"):
        reset(state, confirmed=False)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for response, kept in (("", True), ("n", True), ("yes", False)):
        monkeypatch.setattr("builtins.input", lambda _, reply=response: reply)
        assert reset(state, confirmed=False) == int(kept)
        assert state.root.exists() is kept
    assert "Nothing was deleted." in capsys.readouterr().out


def test_the_table_shows_each_component_on_a_line(start_fake, state: StateFolder, capsys):
    platform = start_fake()
    capsys.readouterr()

    print_status(ROOT, state, as_json=False)

    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["COMPONENT", "ADDRESS", "PID", "HEALTH", "RESTARTS", "LOG"]
    assert [line.split()[0] for line in lines[3:]] == ["postgres", "member", "edge"]
    assert str(platform.component("edge")["pid"]) in lines[5]


def test_a_state_folder_however_deep_can_be_used(start_fake, tmp_path):
    deep = StateFolder(tmp_path / ("d" * 100) / ("e" * 100))
    deep.create()

    assert start_fake(within=deep).status()["running"]
