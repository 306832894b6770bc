"""Logs stay bounded."""

from __future__ import annotations

from pathlib import Path

from standalone.log_files import bound, last_line


def test_a_long_log_makes_room_and_its_writer_goes_on(tmp_path: Path):
    log = tmp_path / "part.log"
    with log.open("a") as writer:
        writer.write("x" * 1000 + "\n")
        writer.flush()
        bound(tmp_path, max_bytes=1000)
        writer.write("after\n")

    assert log.read_text() == "after\n"
    assert (tmp_path / "part.log.1").read_text() == "x" * 1000 + "\n"


def test_a_short_log_stays(tmp_path: Path):
    (tmp_path / "part.log").write_text("short\n")
    bound(tmp_path, max_bytes=1000)

    assert (tmp_path / "part.log").read_text() == "short\n"
    assert not (tmp_path / "part.log.1").exists()


def test_the_last_line_is_of_this_start(tmp_path: Path):
    log = tmp_path / "part.log"
    log.write_text("earlier\n")
    before = log.stat().st_size

    assert last_line(log, before) == ""
    log.write_text("earlier\none\ntwo\n\n")
    assert last_line(log, before) == "two"
    assert last_line(tmp_path / "none.log") == ""
