"""The record of processes, which survives a supervisor that was killed."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from platform_standalone.processes import ProcessIdentity, kill_session
from platform_standalone.record import ProcessRecord


def start() -> tuple[subprocess.Popen[bytes], ProcessIdentity]:
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    identity = ProcessIdentity.of(process.pid)
    assert identity is not None
    return process, identity


def test_what_a_dead_supervisor_left_is_ended(tmp_path: Path):
    process, identity = start()
    ProcessRecord(tmp_path / "record").set("member", identity)

    assert ProcessRecord(tmp_path / "record").end_leftovers() == ["member"]
    assert process.wait() != 0


def test_a_stranger_with_a_recorded_id_lives_on(tmp_path: Path):
    process, identity = start()
    try:
        ProcessRecord(tmp_path / "record").set("member", replace(identity, started=identity.started - 1))

        assert ProcessRecord(tmp_path / "record").end_leftovers() == []
        assert process.poll() is None
    finally:
        kill_session(identity)
        process.wait()


def test_no_record_and_a_broken_one_are_the_same(tmp_path: Path):
    (tmp_path / "broken").write_text("")

    assert ProcessRecord(tmp_path / "none").load() == {}
    assert ProcessRecord(tmp_path / "broken").load() == {}
    assert ProcessRecord(tmp_path / "broken").end_leftovers() == []
