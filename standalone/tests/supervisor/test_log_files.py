"""Logs stay bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_standalone.log_files import bound, cause, logged_cause


def test_a_long_log_makes_room_and_its_writer_goes_on(tmp_path: Path):
    log = tmp_path / "component.log"
    with log.open("a") as writer:
        writer.write("x" * 1000 + "\n")
        writer.flush()
        bound(tmp_path, max_bytes=1000)
        writer.write("after\n")

    assert log.read_text() == "after\n"
    assert (tmp_path / "component.log.1").read_text() == "x" * 1000 + "\n"


def test_a_short_log_stays(tmp_path: Path):
    (tmp_path / "component.log").write_text("short\n")
    bound(tmp_path, max_bytes=1000)

    assert (tmp_path / "component.log").read_text() == "short\n"
    assert not (tmp_path / "component.log.1").exists()


def test_the_last_line_is_of_this_start(tmp_path: Path):
    log = tmp_path / "component.log"
    log.write_text("earlier\n")
    before = log.stat().st_size

    assert logged_cause(log, before) == ""
    log.write_text("earlier\none\ntwo\n\n")
    assert logged_cause(log, before) == "two"
    assert logged_cause(tmp_path / "none.log") == ""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("FATAL:  could not bind\nLOG:  database system is shut down", "FATAL:  could not bind"),
        ("PANIC: could not write: No space left on device\nFATAL: the server is down",
         "PANIC: could not write: No space left on device"),
        ("nginx: [emerg] bind() failed\n", "nginx: [emerg] bind() failed"),
        ("one\ntwo", "two"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_line_that_says_why_is_preferred_to_the_last_one(output: str, expected: str):
    assert cause(output) == expected
