"""The record of processes, which survives a supervisor that was killed."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from platform_standalone.process_table import ProcessTable
from platform_standalone.processes import ProcessIdentity, kill_session


def start() -> tuple[subprocess.Popen[bytes], ProcessIdentity]:
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    identity = ProcessIdentity.from_pid(process.pid)
    assert identity is not None
    return process, identity


def test_what_a_dead_supervisor_left_is_ended(tmp_path: Path):
    process, identity = start()
    ProcessTable(tmp_path / "record").set("member", identity)

    assert ProcessTable(tmp_path / "record").kill_orphans() == ["member"]
    assert process.wait() != 0


def test_a_stranger_with_a_recorded_id_lives_on(tmp_path: Path):
    process, identity = start()
    try:
        ProcessTable(tmp_path / "record").set("member", replace(identity, started=identity.started - 1))

        assert ProcessTable(tmp_path / "record").kill_orphans() == []
        assert process.poll() is None
    finally:
        kill_session(identity)
        process.wait()


def test_no_record_and_a_broken_one_are_the_same(tmp_path: Path):
    (tmp_path / "broken").write_text("")

    assert ProcessTable(tmp_path / "none").load() == {}
    assert ProcessTable(tmp_path / "broken").load() == {}
    assert ProcessTable(tmp_path / "broken").kill_orphans() == []
