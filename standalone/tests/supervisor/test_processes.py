"""Processes by identity."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from platform_standalone.processes import ProcessIdentity, end_sessions, kill_session, session_alive, tied_to_parent

# Leads a session with a worker, says the worker's id, and waits.
LEADER = "import subprocess, time; print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"


def start_leader() -> tuple[subprocess.Popen[str], ProcessIdentity, ProcessIdentity]:
    process = subprocess.Popen(
        [sys.executable, "-c", LEADER], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    with process.stdout as output:
        worker = ProcessIdentity.from_pid(int(output.readline()))
    leader = ProcessIdentity.from_pid(process.pid)
    assert leader is not None
    assert worker is not None
    return process, leader, worker


def test_a_process_knows_itself_and_a_dead_one_is_not_alive(wait_until):
    process = subprocess.Popen(["sleep", "600"])
    identity = ProcessIdentity.from_pid(process.pid)
    assert identity is not None
    assert identity.alive()

    process.kill()
    wait_until(lambda: not identity.alive(), "it is a zombie now, which does not count")
    process.wait()

    assert ProcessIdentity.from_pid(process.pid) is None


def test_a_reused_process_id_is_neither_signalled_nor_killed():
    process, leader, worker = start_leader()
    try:
        earlier = replace(leader, started=leader.started - 1)
        other_boot = replace(leader, boot="another")
        for stranger in (earlier, other_boot):
            assert not stranger.alive()
            stranger.send(signal.SIGKILL)
            kill_session(stranger)
            end_sessions([stranger], signal.SIGKILL, seconds=1)

        assert process.poll() is None
        assert worker.alive()
    finally:
        kill_session(leader)
        process.wait()


def test_workers_that_outlive_their_leader_are_found_and_killed(wait_until):
    process, leader, worker = start_leader()
    process.kill()
    process.wait()
    assert worker.alive()
    assert session_alive(leader)

    kill_session(leader)

    wait_until(lambda: not worker.alive(), "the worker ends")
    assert not session_alive(leader)


def test_sessions_that_do_not_end_when_asked_are_killed():
    script = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    with process.stdout as output:
        output.readline()
    identity = ProcessIdentity.from_pid(process.pid)
    assert identity is not None

    end_sessions([identity], signal.SIGTERM, seconds=0.2)

    assert process.wait() == -signal.SIGKILL


def test_a_tied_process_ends_with_its_parent_however_that_ends(wait_until):
    command = tied_to_parent(["sleep", "600"], signal.SIGTERM)
    script = f"import subprocess, time; print(subprocess.Popen({command!r}).pid, flush=True); time.sleep(600)"
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout as output:
        pid = int(output.readline())
    wait_until(lambda: "sleep" in str(Path(f"/proc/{pid}/exe").readlink()), "setpriv gives way to the command")
    child = ProcessIdentity.from_pid(pid)
    assert child is not None

    parent.kill()
    parent.wait()

    wait_until(lambda: not child.alive(), "the kernel reports it")


def test_a_command_that_changes_the_user_is_tied_after_the_change():
    command = tied_to_parent(["/usr/bin/setpriv", "--reuid=1", "--", "postgres"], signal.SIGINT)

    assert command[1:] == ["--pdeathsig=INT", "--reuid=1", "--", "postgres"]
